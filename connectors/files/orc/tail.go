package orc

import (
	"errors"
	"fmt"
	"math"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

// postScript is what is read of the PostScript ("File Tail").
type postScript struct {
	footer, metadata int64 // bytes, compressed
	codec            codec.Codec
	block            int64 // bytes that a chunk decompresses to at most
	writerVersion    uint64
}

// Compression kinds of the PostScript.
var codecs = map[uint64]codec.Codec{0: codec.None, 1: codec.Deflate, 2: codec.Snappy, 4: codec.LZ4, 5: codec.Zstd}

var codecNames = map[uint64]string{3: "LZO", 6: "Brotli"}

// mostBlock bounds the block size. Java's writer makes none of more than 8 MiB, as a chunk's header has no room for its length.
const mostBlock = 16 << 20

// stringsFixed is the version of writers from which on the statistics of strings hold (HIVE-8732).
const stringsFixed = 1

func parsePostScript(b []byte) (p postScript, err error) {
	magic := ""
	kind := uint64(0)
	var version []uint64
	p.block = 256 << 10 // where it is not said
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 1:
			p.footer, err = v.size()
		case 2:
			kind = v.number
		case 3:
			p.block, err = v.size()
		case 4:
			version, err = v.numbers(version)
		case 5:
			p.metadata, err = v.size()
		case 6:
			p.writerVersion = v.number
		case 8000:
			magic = string(v.bytes)
		}
		return err
	})
	if err != nil || magic != "ORC" {
		return p, errors.New("it does not end as an ORC file does: truncated, or of another format")
	}
	if len(version) > 1 && (version[0] > 1 || version[0] == 1 && version[1] > 0) { // 1.9999 are the drafts of ORC v2
		return p, files.Unsupported(fmt.Sprintf("is of version %d.%d of the format; 0.11 and 0.12 are read", version[0], version[1]))
	}
	known, ok := codecs[kind]
	if !ok {
		name := codecNames[kind]
		if name == "" {
			name = fmt.Sprintf("codec %d", kind)
		}
		return p, files.Unsupported(fmt.Sprintf("is compressed by %s; zlib, Snappy, LZ4 and zstd are read", name))
	}
	p.codec = known
	if known != codec.None && (p.block < 1 || p.block > mostBlock) {
		return p, fmt.Errorf("blocks of %d bytes", p.block)
	}
	return p, nil
}

// footer is what is read of the Footer.
type footer struct {
	stripes  []stripe
	types    []fileType
	rows     int64
	stride   int64 // rows of a row group; 0: there is no index
	julian   bool  // days before 1582-10-15 are those of the Julian calendar
	rootNull bool  // rows may be NULL as a whole
}

// stripe is a StripeInformation with its StripeFooter.
type stripe struct {
	off                     int64
	index, data, footerSize int64 // bytes
	rows                    int64

	streams   []streamInfo // by column, each column's in the order of their bytes
	encodings []encoding   // by column
	zone      string       // of the writer; empty: UTC
}

func (s *stripe) footerOff() int64 { return s.off + s.index + s.data }

// fileType is a Type, as it is in the file.
type fileType struct {
	kind             uint64
	subtypes         []uint64
	names            []string
	length           uint64 // of char and varchar
	precision, scale uint64
	attributes       map[string]string
}

func parseFooter(b []byte) (f footer, err error) {
	calendar := uint64(0)
	first := true
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 3:
			var s stripe
			s, err = parseStripe(v.bytes)
			f.stripes = append(f.stripes, s)
		case 4:
			var t fileType
			t, err = parseType(v.bytes)
			f.types = append(f.types, t)
		case 6:
			f.rows, err = v.size()
		case 7:
			if first {
				f.rootNull = message(v.bytes).has(10)
			}
			first = false
		case 8:
			f.stride, err = v.size()
		case 10:
			err = files.Unsupported("is encrypted")
		case 11:
			calendar = v.number
		}
		return err
	})
	f.julian = calendar == 1 // JULIAN_GREGORIAN; who does not say so mostly means the calendar of today
	return f, err
}

// has reports a number other than 0 in a field.
func (m message) has(field int) bool {
	found := false
	err := m.fields(func(n int, v value) error {
		found = found || n == field && v.number != 0
		return nil
	})
	return found && err == nil
}

func parseStripe(b []byte) (s stripe, err error) {
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 1:
			s.off, err = v.size()
		case 2:
			s.index, err = v.size()
		case 3:
			s.data, err = v.size()
		case 4:
			s.footerSize, err = v.size()
		case 5:
			s.rows, err = v.size()
		}
		return err
	})
	return s, err
}

func parseType(b []byte) (t fileType, err error) {
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 1:
			t.kind = v.number
		case 2:
			t.subtypes, err = v.numbers(t.subtypes)
		case 3:
			t.names = append(t.names, string(v.bytes))
		case 4:
			t.length = v.number
		case 5:
			t.precision = v.number
		case 6:
			t.scale = v.number
		case 7:
			var key, text string
			err = message(v.bytes).fields(func(field int, v value) error {
				switch field {
				case 1:
					key = string(v.bytes)
				case 2:
					text = string(v.bytes)
				}
				return nil
			})
			if t.attributes == nil {
				t.attributes = make(map[string]string)
			}
			t.attributes[key] = text
		}
		return err
	})
	return t, err
}

// streamInfo is a Stream of a stripe and where it lies.
type streamInfo struct {
	kind   streamKind
	column int
	off    int64 // in the file
	size   int64
}

// streamKind is a kind of streams.
type streamKind uint8

// The kinds ("Stripe Footer").
const (
	present streamKind = iota
	data
	length
	dictionaryData
	dictionaryCount
	secondary
	rowIndex
	otherStream // bloom filters, and what is encrypted
)

// encoding is a ColumnEncoding.
type encoding struct {
	dictionary bool
	version2   bool  // of run lengths of integers
	entries    int64 // of the dictionary
}

// parseStripeFooter reads a StripeFooter into a stripe of so many columns.
func (s *stripe) parseStripeFooter(b []byte, columns int) error {
	off := s.off
	err := message(b).fields(func(field int, v value) error {
		switch field {
		case 1:
			info, err := parseStream(v.bytes)
			if err != nil {
				return err
			}
			if info.size > s.footerOff()-off {
				return fmt.Errorf("a stream of %d bytes at byte %d, beyond its stripe", info.size, off)
			}
			info.off = off
			off += info.size
			if info.column >= columns {
				return fmt.Errorf("a stream of column %d, where there are %d", info.column, columns)
			}
			if info.kind != otherStream && info.size > 0 {
				s.streams = append(s.streams, info)
			}
		case 2:
			e, err := parseEncoding(v.bytes)
			if err != nil {
				return err
			}
			s.encodings = append(s.encodings, e)
		case 3:
			s.zone = string(v.bytes)
		case 4:
			return files.Unsupported("is encrypted")
		}
		return nil
	})
	if err == nil && len(s.encodings) != columns {
		err = fmt.Errorf("%d encodings of %d columns", len(s.encodings), columns)
	}
	return err
}

func parseStream(b []byte) (s streamInfo, err error) {
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 1:
			s.kind = streamKind(min(v.number, uint64(otherStream)))
		case 2:
			s.column = int(min(v.number, math.MaxInt32))
		case 3:
			s.size, err = v.size()
		}
		return err
	})
	return s, err
}

func parseEncoding(b []byte) (e encoding, err error) {
	err = message(b).fields(func(field int, v value) (err error) {
		switch field {
		case 1:
			if v.number > 3 {
				return fmt.Errorf("encoding %d", v.number)
			}
			e.dictionary, e.version2 = v.number%2 == 1, v.number >= 2
		case 2:
			e.entries, err = v.size()
		}
		return err
	})
	return e, err
}

// parseMetadata returns the statistics of columns for each stripe, not yet parsed, of those columns that keep wants.
func parseMetadata(b []byte, keep func(column int) bool) (stripes [][]message, err error) {
	err = message(b).fields(func(field int, v value) error {
		if field != 1 {
			return nil
		}
		var columns []message
		at := 0
		err := message(v.bytes).fields(func(field int, v value) error {
			if field == 1 {
				if keep(at) {
					columns = append(columns, v.bytes)
				}
				at++
			}
			return nil
		})
		stripes = append(stripes, columns)
		return err
	})
	return stripes, err
}
