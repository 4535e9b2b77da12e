package orc

import (
	"math/bits"
)

// runBytes decodes bytes by run lengths ("Byte Run Length Encoding").
type runBytes struct {
	*stream
	runs
	size    int  // of the run
	left    int  // of it
	same    bool // all of the run are value
	value   byte
	literal [128]byte // the run, if they are not
}

// run begins the next run.
func (r *runBytes) run() bool {
	r.begin(r.here())
	control := r.byte()
	if r.same = control < 0x80; r.same {
		r.size, r.value = int(control)+3, r.byte()
	} else {
		r.size = 0x100 - int(control)
		if err := r.read(r.literal[:r.size]); err != nil {
			return false
		}
	}
	r.left = r.size
	return r.err == nil
}

// next decodes len(dst) bytes.
func (r *runBytes) next(dst []byte) error {
	for len(dst) > 0 {
		if r.left == 0 && !r.run() {
			return r.err
		}
		n := min(len(dst), r.left)
		if r.same {
			for i := range dst[:n] {
				dst[i] = r.value
			}
		} else {
			copy(dst, r.literal[r.size-r.left:][:n])
		}
		r.take(n)
		dst = dst[n:]
	}
	return nil
}

func (r *runBytes) take(n int) {
	r.left -= n
	r.count += int64(n)
}

// seekRun goes to a position: a run, and how many values come before from there on. It returns how many of these were taken already, which may
// be no more than one.
func (r *runBytes) seekRun(p *positions) (taken int64) {
	to, passed := r.locate(p), p.next()
	skip, known := r.ahead(to, passed)
	if !known {
		r.left, skip = 0, passed
		r.forget()
		r.seek(to)
	}
	if skip < -1 || skip > mostPassed {
		r.fail(errPosition)
	}
	for skip > 0 && r.err == nil {
		if r.left == 0 && !r.run() {
			return 0
		}
		n := min(int(skip), r.left)
		r.take(n)
		skip -= int64(n)
	}
	return -min(skip, 0)
}

// runBits decodes truth values: bits of bytes, the most significant first ("Boolean Run Length Encoding").
type runBits struct {
	runBytes
	last byte
	bits int // of last that are left
}

// next decodes n values into a bitmap as Arrow has them, the least significant first, that is clear. It returns how many are set.
func (r *runBits) next(dst []byte, n int) (set int, err error) {
	i := 0
	if r.bits == 0 { // bytes of dst are whole ones here
		whole := dst[:n/8]
		if err := r.runBytes.next(whole); err != nil {
			return 0, err
		}
		for k, b := range whole {
			whole[k] = bits.Reverse8(b)
			set += bits.OnesCount8(b)
		}
		i = len(whole) * 8
	}
	for ; i < n; i++ {
		if r.bits == 0 {
			if err := r.byte(); err != nil {
				return 0, err
			}
		}
		r.bits--
		if r.last>>r.bits&1 != 0 {
			dst[i/8] |= 1 << (i % 8)
			set++
		}
	}
	return set, nil
}

// byte reads the next byte of values.
func (r *runBits) byte() error {
	var b [1]byte
	if err := r.runBytes.next(b[:]); err != nil {
		return err
	}
	r.last, r.bits = b[0], 8
	return nil
}

// seekBit goes to a position: one of a byte, and a bit of it.
func (r *runBits) seekBit(p *positions) {
	had := r.count > 0
	taken := r.seekRun(p)
	bit := p.next()
	r.bits = 0
	switch {
	case p.err != nil || bit > 8 || taken == 1 && !had:
		r.fail(errPosition)
	case taken == 1: // it is the byte that was read last
		r.bits = 8 - int(bit)
	case bit > 0:
		if r.byte() == nil {
			r.bits -= int(bit)
		}
	}
}
