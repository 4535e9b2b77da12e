package mysql

import (
	"encoding/binary"
	"math"
)

// binaryDateSize is how many bytes binaryDate appends.
const binaryDateSize = 5

// binaryDate appends a day counted from 1970-01-01.
func binaryDate(dst []byte, day int64) []byte {
	year, month, dom := civil(day)
	return append(dst, binaryDateSize-1, byte(year), byte(year>>8), byte(month), byte(dom))
}

// binaryDatetime appends microseconds from 1970-01-01 00:00:00, without the parts at their end that are zero.
func binaryDatetime(dst []byte, us int64) []byte {
	day := us / dayMicros
	us -= day * dayMicros
	if us < 0 {
		day, us = day-1, us+dayMicros
	}
	at := len(dst)
	dst = binaryDate(dst, day)
	if us == 0 {
		return dst
	}
	dst = binaryClock(dst, us)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// binaryTime appends a TIME of microseconds.
func binaryTime(dst []byte, us int64) []byte {
	if us == 0 {
		return append(dst, 0)
	}
	at := len(dst)
	dst = append(dst, 0, 0)
	if us < 0 {
		dst[at+1], us = 1, -max(us, -math.MaxInt64)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(us/dayMicros))
	dst = binaryClock(dst, us%dayMicros)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// binaryClock appends a time of day.
func binaryClock(dst []byte, us int64) []byte {
	seconds := us / secondMicros
	dst = append(dst, byte(seconds/3600), byte(seconds/60%60), byte(seconds%60))
	if us %= secondMicros; us != 0 {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(us))
	}
	return dst
}
