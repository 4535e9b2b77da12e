package wire

import (
	"encoding/binary"
	"errors"
)

// errShort is a packet that ends before what it should hold.
var errShort = errors.New("malformed packet")

// reader reads what a packet holds. Once something is missing all it yields is zero, and err says so.
type reader struct {
	p   []byte
	err error
}

func (r *reader) fail() {
	r.p, r.err = nil, errShort
}

// bytes reads n bytes, which stay the packet's.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.p)) {
		r.fail()
		return nil
	}
	b := r.p[:n:n]
	r.p = r.p[n:]
	return b
}

func (r *reader) uint8() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// lenenc reads a length-encoded integer.
func (r *reader) lenenc() uint64 {
	switch first := r.uint8(); first {
	case 0xfc:
		return uint64(r.uint16())
	case 0xfd:
		return uint64(r.uint16()) | uint64(r.uint8())<<16
	case 0xfe:
		return r.uint64()
	case 0xfb, 0xff:
		r.fail()
		return 0
	default:
		return uint64(first)
	}
}

// lenencBytes reads bytes that follow their length.
func (r *reader) lenencBytes() []byte { return r.bytes(r.lenenc()) }

// text reads what a zero byte ends.
func (r *reader) text() string {
	for i, b := range r.p {
		if b == 0 {
			s := string(r.p[:i])
			r.p = r.p[i+1:]
			return s
		}
	}
	r.fail()
	return ""
}

// AppendLenenc appends a length-encoded integer.
func AppendLenenc(dst []byte, n uint64) []byte {
	switch {
	case n < 0xfb:
		return append(dst, byte(n))
	case n < 1<<16:
		return append(dst, 0xfc, byte(n), byte(n>>8))
	case n < 1<<24:
		return append(dst, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xfe), n)
}

// LenencSize is how many bytes AppendLenenc appends.
func LenencSize(n uint64) int {
	switch {
	case n < 0xfb:
		return 1
	case n < 1<<16:
		return 3
	case n < 1<<24:
		return 4
	}
	return 9
}

// AppendText appends a text after its length.
func AppendText[T string | []byte](dst []byte, text T) []byte {
	return append(AppendLenenc(dst, uint64(len(text))), text...)
}

// NullText is what a row of the text protocol has in place of a NULL.
const NullText = 0xfb
