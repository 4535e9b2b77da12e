package jsondoc

// Work bounds what operations on documents take: it asks now and then whether to go on, and reserves memory for what they make. An
// operation that is to end returns anything; Err says why. The zero Work, and nil, bound nothing. One goroutine at a time.
type Work struct {
	Interrupted func() error            // why to end; nil: it goes on
	Reserve     func(bytes int64) error // nil: as much as there is
	Release     func(bytes int64)       // gives back; with Reserve
	Longest     int                     // bytes that are printed at most, about; 0: any number

	steps          int
	used, reserved int64
	err            error
}

const (
	stepsBetween = 4096     // after how many steps Interrupted is asked
	free         = 64 << 10 // bytes that are not reserved
	portion      = 1 << 20  // bytes that are reserved at once
	copied       = 64       // bytes whose copying is a step
)

// Err is why operations ended early, or nil.
func (w *Work) Err() error {
	if w == nil {
		return nil
	}
	return w.err
}

// step counts steps and reports whether to go on.
func (w *Work) step(n int) bool {
	if w == nil {
		return true
	}
	if w.steps += n; w.steps >= stepsBetween && w.err == nil {
		w.steps = 0
		if w.Interrupted != nil {
			w.err = w.Interrupted()
		}
	}
	return w.err == nil
}

// spend counts bytes that are about to be made, and reports whether to go on.
func (w *Work) spend(bytes int) bool {
	if w == nil || w.err != nil {
		return w == nil
	}
	w.used += int64(bytes)
	if need := w.used - free - w.reserved; need > 0 && w.Reserve != nil {
		need = max(need, portion)
		if w.err = w.Reserve(need); w.err == nil {
			w.reserved += need
		}
	}
	return w.err == nil
}

// Used is how many bytes were made and not dropped.
func (w *Work) Used() int64 {
	if w == nil {
		return 0
	}
	return w.used
}

// Drop says that bytes that were made are no longer held.
func (w *Work) Drop(bytes int64) {
	if w == nil {
		return
	}
	w.used -= bytes
	if spare := w.reserved - max(w.used-free, 0); spare > 4*portion {
		w.giveBack(spare - portion)
	}
}

// End says that nothing is held any more, and forgets the error.
func (w *Work) End() {
	w.giveBack(w.reserved)
	w.used, w.steps, w.err = 0, 0, nil
}

func (w *Work) giveBack(bytes int64) {
	if bytes > 0 {
		w.reserved -= bytes
		w.Release(bytes)
	}
}
