package kernel

import (
	"bytes"
	"compress/zlib"
	"crypto/md5"  //nolint:gosec // MD5() is what MySQL has
	"crypto/sha1" //nolint:gosec // as is SHA1()
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
)

// Warnings of functions of byte strings.
const (
	warnUncompress     = 1256 // ER_TOO_BIG_FOR_UNCOMPRESS
	warnBufferError    = 1258 // ER_ZLIB_Z_BUF_ERROR
	warnDataError      = 1259 // ER_ZLIB_Z_DATA_ERROR
	warnWrongParameter = 1583 // ER_WRONG_PARAMETERS_TO_NATIVE_FCT
)

// MD5 computes MD5(text), in hexadecimal digits.
func MD5(r *Row, dst []byte) ([]byte, bool) {
	sum := md5.Sum(r.Text(0)) //nolint:gosec // see the import
	return hex.AppendEncode(dst, sum[:]), true
}

// SHA1 computes SHA1(text), in hexadecimal digits.
func SHA1(r *Row, dst []byte) ([]byte, bool) {
	sum := sha1.Sum(r.Text(0)) //nolint:gosec // see the import
	return hex.AppendEncode(dst, sum[:]), true
}

// SHA2 computes SHA2(text, bits), in hexadecimal digits; NULL with a warning for a length that there is none of.
func SHA2(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	switch r.Int(1) {
	case 224:
		sum := sha256.Sum224(s)
		return hex.AppendEncode(dst, sum[:]), true
	case 0, 256:
		sum := sha256.Sum256(s)
		return hex.AppendEncode(dst, sum[:]), true
	case 384:
		sum := sha512.Sum384(s)
		return hex.AppendEncode(dst, sum[:]), true
	case 512:
		sum := sha512.Sum512(s)
		return hex.AppendEncode(dst, sum[:]), true
	}
	r.Warn(warnWrongParameter, "Incorrect parameters in the call to native function 'sha2'")
	return dst, false
}

// CRC32 computes CRC32(text).
func CRC32(r *Row) (int64, bool) { return int64(crc32.ChecksumIEEE(r.Text(0))), true }

// zlibHead is the bytes before the compressed ones: the length of what they were, less significant bytes first.
const zlibHead = 4

// Compress computes COMPRESS(text). A byte is added to what ends in a blank, which CHAR columns would cut.
func Compress(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	if len(s) == 0 {
		return dst, true
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(s); err != nil {
		r.Fail(err)
		return dst, false
	}
	if err := w.Close(); err != nil {
		r.Fail(err)
		return dst, false
	}
	dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), b.Bytes()...)
	if dst[len(dst)-1] == ' ' {
		dst = append(dst, '.')
	}
	return dst, true
}

// Uncompress computes UNCOMPRESS(bytes): NULL with a warning for what COMPRESS did not make or what is longer than a value may be.
func Uncompress(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	if len(s) == 0 {
		return dst, true
	}
	if len(s) <= zlibHead {
		r.Warn(warnDataError, "ZLIB: Input data corrupted")
		return dst, false
	}
	size := int64(binary.LittleEndian.Uint32(s) & 0x3fffffff)
	if size > r.longest() {
		r.Warn(warnUncompress, "Uncompressed data size too large")
		return dst, false
	}
	in, err := zlib.NewReader(bytes.NewReader(s[zlibHead:]))
	if err != nil {
		r.Warn(warnDataError, "ZLIB: Input data corrupted")
		return dst, false
	}
	defer in.Close()
	out, err := io.ReadAll(io.LimitReader(in, size+1))
	switch {
	case err != nil:
		r.Warn(warnDataError, "ZLIB: Input data corrupted")
		return dst, false
	case int64(len(out)) > size:
		r.Warn(warnBufferError, "ZLIB: Not enough room in the output buffer (probably, length of uncompressed data was corrupted)")
		return dst, false
	}
	return append(dst, out...), true
}

// UncompressedLength computes UNCOMPRESSED_LENGTH(bytes).
func UncompressedLength(r *Row) (int64, bool) {
	s := r.Text(0)
	if len(s) == 0 {
		return 0, true
	}
	if len(s) <= zlibHead {
		r.Warn(warnDataError, "ZLIB: Input data corrupted")
		return 0, false
	}
	return int64(binary.LittleEndian.Uint32(s) & 0x3fffffff), true
}
