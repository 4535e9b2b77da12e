package connectors

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// OptionReader takes values out of a source's options until none may be left. The first error counts; its code is
// sqlerr.BadOption and it names the source and the option.
type OptionReader struct {
	source string
	kind   string
	left   map[string]string
	err    error
}

// Reader returns a reader of the options; kind is that of the source, for messages.
func (c Config) Reader(kind string) *OptionReader {
	return &OptionReader{source: c.Name, kind: kind, left: maps.Clone(map[string]string(c.Options))}
}

// Lookup takes an option and reports whether it was given.
func (o *OptionReader) Lookup(key string) (value string, given bool) {
	value, given = o.left[key]
	delete(o.left, key)
	return value, given
}

// Take takes an option, or otherwise where it was not given.
func (o *OptionReader) Take(key, otherwise string) string {
	if v, given := o.Lookup(key); given {
		return v
	}
	return otherwise
}

// Choice takes one of some values, the first of them where the option was not given, and returns which.
func (o *OptionReader) Choice(key string, values ...string) int {
	v, given := o.Lookup(key)
	if !given {
		return 0
	}
	chosen := slices.Index(values, v)
	if chosen < 0 {
		last := len(values) - 1
		o.Fail(key, "must be "+strings.Join(values[:last], ", ")+" or "+values[last])
		return 0
	}
	return chosen
}

// Count takes a whole number of 32 bits.
func (o *OptionReader) Count(key string, otherwise, least int64) int64 {
	v, given := o.Lookup(key)
	if !given {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil || n < least {
		o.Fail(key, fmt.Sprintf("must be a whole number of at least %d", least))
		return otherwise
	}
	return n
}

// Duration takes a positive duration.
func (o *OptionReader) Duration(key string, otherwise time.Duration) time.Duration {
	v, given := o.Lookup(key)
	if !given {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		o.Fail(key, "must be a positive duration such as 10s")
		return otherwise
	}
	return d
}

// Bad is the error of an option: why goes on from its name.
func (o *OptionReader) Bad(key, why string) error {
	return sqlerr.New(sqlerr.BadOption, "source %s: option %s %s", o.source, key, why)
}

// Fail notes an error, which Finish returns.
func (o *OptionReader) Fail(key, why string) {
	if o.err == nil {
		o.err = o.Bad(key, why)
	}
}

// Finish returns the first error. An option that was not taken is one.
func (o *OptionReader) Finish() error {
	if o.err == nil && len(o.left) > 0 {
		o.Fail(slices.Sorted(maps.Keys(o.left))[0], "is not known to "+o.kind+" sources")
	}
	return o.err
}
