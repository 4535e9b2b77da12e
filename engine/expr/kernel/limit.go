package kernel

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// ErrTooWide is the error of a kernel whose result would exceed what the texts of an evaluation may take. Fewer rows at a
// time may fit.
var ErrTooWide = errors.New("the texts of the rows take too much memory at once")

// DefaultMaxPacket is MySQL's default max_allowed_packet: the bytes of the longest value that a function may make.
const DefaultMaxPacket = 64 << 20

// Texts counts the bytes of the text vectors that an evaluation makes, those in between too.
type Texts struct{ Limit, Made int64 }

// Fits returns an error if a vector of so many rows cannot be made because its texts take size bytes.
func (c *Context) Fits(size int64, rows int) error {
	if size <= int64(c.room()) {
		return nil
	}
	if c.Texts != nil {
		return ErrTooWide
	}
	return fmt.Errorf("the texts of %d rows exceed 2 GiB", rows)
}

// Charge counts text that was made.
func (c *Context) Charge(size int64) {
	if c.Texts != nil {
		c.Texts.Made += size
	}
}

// room is how many bytes the next text vector may have.
func (c *Context) room() int {
	if c.Texts == nil {
		return math.MaxInt32
	}
	return int(min(max(c.Texts.Limit-c.Texts.Made, 0), math.MaxInt32))
}

// longest is the most bytes of one value.
func (c *Context) longest() int64 {
	if c.MaxPacket > 0 {
		return c.MaxPacket
	}
	return DefaultMaxPacket
}

// warnTooLong is ER_WARN_ALLOWED_PACKET_OVERFLOWED.
const warnTooLong = 1301

// TooLong reports whether a value of size bytes is longer than a function may make one. It is NULL then, which this
// warns of.
func (c *Context) TooLong(function string, size int64) bool {
	if size <= c.longest() {
		return false
	}
	c.Warn(warnTooLong, "Result of "+function+"() was larger than max_allowed_packet ("+strconv.FormatInt(c.longest(), 10)+") - truncated")
	return true
}
