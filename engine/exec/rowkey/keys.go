package rowkey

import (
	"slices"
	"unsafe"
)

// keys are the fixed-width parts of a list of keys. Equal keys have the same words and flags; different ones have others,
// but for fields whose word is a hash.
type keys struct {
	stride  int      // words of a key
	words   []uint64 // of each key
	flagged int      // words of a key's flags
	flags   []uint64 // of each key; empty: none has any
}

// The flags of a key say which of its fields have values that words do not tell from others.
const (
	isNull     = 1 // the word is zero
	isBeyond   = 2 // a number that the word's type does not have
	flagBits   = 2
	flagMask   = 1<<flagBits - 1
	fieldFlags = 64 / flagBits // fields that a word of flags is for
)

// irregular reports whether a key has flags.
func (k *keys) irregular() bool { return len(k.flags) > 0 }

func (k *keys) wordsOf(i int) []uint64 { return k.words[i*k.stride : (i+1)*k.stride] }

// flagsOf returns the flags of key i, where a key has any.
func (k *keys) flagsOf(i int) []uint64 { return k.flags[i*k.flagged : (i+1)*k.flagged] }

// regular reports whether key i has no flags.
func (k *keys) regular(i int) bool {
	if k.irregular() {
		for _, f := range k.flagsOf(i) {
			if f != 0 {
				return false
			}
		}
	}
	return true
}

// flag returns the flag of a field in key i.
func (k *keys) flag(i, field int) uint64 {
	if !k.irregular() {
		return 0
	}
	return k.flagsOf(i)[field/fieldFlags] >> (field % fieldFlags * flagBits) & flagMask
}

// setFlag replaces the flag of a field in key i of n.
func (k *keys) setFlag(i, n, field int, flag uint64) {
	if !k.irregular() {
		k.flags = extend(k.flags, n*k.flagged)
	}
	at, shift := &k.flagsOf(i)[field/fieldFlags], field%fieldFlags*flagBits
	*at = *at&^(flagMask<<shift) | flag<<shift
}

// same reports whether key i and key j of other have the same words and flags.
func (k *keys) same(i int, other *keys, j int) bool {
	return slices.Equal(k.wordsOf(i), other.wordsOf(j)) && k.sameFlags(i, other, j)
}

// sameFlags reports whether key i and key j of other have the same flags.
func (k *keys) sameFlags(i int, other *keys, j int) bool {
	if k.irregular() && other.irregular() {
		return slices.Equal(k.flagsOf(i), other.flagsOf(j))
	}
	return k.regular(i) && other.regular(j)
}

// add appends key i of other to the n there are.
func (k *keys) add(n int, other *keys, i int) {
	k.words = append(k.words, other.wordsOf(i)...)
	switch {
	case !other.regular(i):
		k.flags = append(extend(k.flags, n*k.flagged), other.flagsOf(i)...)
	case k.irregular():
		k.flags = extend(k.flags, (n+1)*k.flagged)
	}
}

// rowsOf returns words as values of type K.
func rowsOf[K any](words []uint64) []K {
	var k K
	return unsafe.Slice((*K)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8/int(unsafe.Sizeof(k)))
}

// extend appends zeros to s until its length is n.
func extend(s []uint64, n int) []uint64 {
	from := len(s)
	s = slices.Grow(s, n-from)[:n]
	clear(s[from:])
	return s
}
