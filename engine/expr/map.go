package expr

import (
	"math"

	"github.com/silogate/silogate/engine/types"
)

// Map holds a value for each of several expressions, of which none Equals another.
type Map[V any] map[uint64][]mapEntry[V]

type mapEntry[V any] struct {
	key   Expr
	value V
}

// Get returns the value of the expression that Equals e.
func (m Map[V]) Get(e Expr) (value V, ok bool) {
	if len(m) == 0 {
		return value, false
	}
	for _, entry := range m[Fingerprint(e)] {
		if Equal(entry.key, e) {
			return entry.value, true
		}
	}
	return value, false
}

// Add gives e a value, unless what Equals it has one. A volatile expression, which would not be found again, is not kept.
func (m Map[V]) Add(e Expr, value V) {
	if Volatile(e) {
		return
	}
	h := Fingerprint(e)
	for _, entry := range m[h] {
		if Equal(entry.key, e) {
			return
		}
	}
	m[h] = append(m[h], mapEntry[V]{e, value})
}

// Fingerprint is a number that is the same for lists whose expressions are Equal, and most likely another for others.
func Fingerprint(list ...Expr) uint64 {
	f := fingerprint(14695981039346656037) // FNV-1a's
	for _, e := range list {
		Walk(e, func(e Expr) bool {
			f.add(e)
			return true
		})
	}
	return uint64(f)
}

type fingerprint uint64

func (f *fingerprint) mix(v uint64) {
	const prime = 1099511628211 // FNV-1a's
	*f = (*f ^ fingerprint(v)) * prime
}

func (f *fingerprint) text(s string) {
	for i := range len(s) {
		f.mix(uint64(s[i]))
	}
}

// add mixes in an expression but for its children.
func (f *fingerprint) add(e Expr) {
	switch e := e.(type) {
	case *Column:
		f.mix(uint64(e.ID))
	case *Literal:
		f.value(e.Value)
	case *Param:
		f.mix(uint64(e.Ordinal))
	case *Call:
		f.text(string(e.Func))
	case *In:
		for _, v := range e.List {
			f.value(v)
		}
	case *Cast:
		f.mix(uint64(e.To.Kind))
	case *Fallback:
		f.text(e.Text)
	}
	f.mix(uint64(len(e.Children())))
}

func (f *fingerprint) value(v types.Value) {
	f.mix(uint64(v.Int) ^ math.Float64bits(v.Float) ^ v.Dec.LowBits())
	f.text(v.Str)
}
