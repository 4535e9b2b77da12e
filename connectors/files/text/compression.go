package text

import (
	"bufio"
	"compress/bzip2"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxWindow bounds the window of zstd, which a decoder holds.
const maxWindow = 128 << 20

// compressions are the ways in which a whole file is compressed, by its extension.
var compressions = map[string]func(io.Reader) (io.ReadCloser, error){
	".gz": func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	".bz2": func(r io.Reader) (io.ReadCloser, error) {
		return io.NopCloser(bzip2.NewReader(bufio.NewReader(r))), nil
	},
	".lz4": func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil },
	".sz":  func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(snappy.NewReader(r)), nil },
	".zst": func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	},
}

// Uncompressed returns the name of a file without the extension of a compression that files of text may have.
func Uncompressed(name string) string {
	ext := path.Ext(name)
	if _, ok := compressions[strings.ToLower(ext)]; ok {
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// decompressor returns what undoes the compression of a file of that name; nil: it has none.
func decompressor(name string) func(io.Reader) (io.ReadCloser, error) {
	return compressions[strings.ToLower(path.Ext(name))]
}
