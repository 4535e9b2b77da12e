package expr

import (
	"errors"
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
)

// ErrTooWide is the error of an Evaluator that more than one row is too much for. Evaluate them in smaller pieces.
var ErrTooWide = kernel.ErrTooWide

// BatchText is the bytes of text that an evaluation makes at most for more than one row, those in between too.
const BatchText = 16 << 20

// rowText is the same for one row, which cannot be divided.
const rowText = 4 * kernel.DefaultMaxPacket

// longestMessage is the bytes of a warning at most (MYSQL_ERRMSG_SIZE), however long the value it shows.
const longestMessage = 512

// warnings keeps what an evaluation warns of until it has ended: one that is made again in smaller pieces must not warn
// twice.
type warnings struct {
	to   func(code int, msg string) // nil: dropped
	held []warning
}

type warning struct {
	code int
	msg  string
}

func (w *warnings) add(code int, msg string) {
	if w.to == nil {
		return
	}
	if len(msg) > longestMessage {
		msg = strings.Clone(strings.ToValidUTF8(msg[:longestMessage], ""))
	}
	w.held = append(w.held, warning{code, msg})
}

// settle ends an evaluation of rows, which may have failed, and returns its error.
func (w *warnings) settle(err error, rows int) error {
	if !errors.Is(err, ErrTooWide) {
		for _, h := range w.held {
			w.to(h.code, h.msg)
		}
	}
	clear(w.held)
	w.held = w.held[:0]
	if rows == 1 && errors.Is(err, ErrTooWide) {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: the texts of an expression exceed %d bytes in one row", rowText)
	}
	return err
}

// LongestText is the bytes of the longest value that a function or an aggregate may make.
func (e *Env) LongestText() int64 {
	if e.MaxPacket > 0 {
		return e.MaxPacket
	}
	return kernel.DefaultMaxPacket
}
