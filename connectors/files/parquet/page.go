package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
)

// Bounds on what a page may claim.
const (
	maxPage   = 512 << 20 // bytes
	maxValues = 1 << 30   // values of a page or a run
	// A page beyond plainPage bytes may not expand its compressed form by more than maxRatio.
	plainPage = 16 << 20
	maxRatio  = 4096
)

// Encodings by their number in the format.
const (
	encodingPlain             = 0
	encodingPlainDictionary   = 2
	encodingRLE               = 3
	encodingBitPacked         = 4
	encodingDeltaBinaryPacked = 5
	encodingDeltaLength       = 6
	encodingDeltaByteArray    = 7
	encodingRLEDictionary     = 8
	encodingByteStreamSplit   = 9
)

// page is a data page whose values are about to be decoded.
type page struct {
	values   int // NULLs included
	encoding int
	levels   levels // valid if the column is optional
	data     []byte // the encoded values
}

// pages walks the pages of a column chunk.
type pages struct {
	codecs   *codecs
	codec    int
	optional bool
	mem      memory.Allocator
	src      *chunk // after the current page
	scratch  []byte // the decompressed page, from mem
	begun    bool
	seen     int64 // values of the pages passed, NULLs and gaps included
	account  files.Account
	held     int64 // bytes of account, for the dictionary

	cache *pageCache // nil: none
	of    versionKey
	at    int64 // where the current page lies in the file
}

// freeDictionary is the bytes of a dictionary that is not charged.
const freeDictionary = 1 << 20

// close frees the memory of the current page and of the chunk.
func (p *pages) close() {
	p.src.close()
	p.drop()
	if p.held > 0 {
		p.account.Release(p.held)
		p.held = 0
	}
}

func (p *pages) drop() {
	if p.scratch != nil {
		p.mem.Free(p.scratch)
		p.scratch = nil
	}
}

// next returns the next data page; its data are valid until the following call. A dictionary page is given to dictionary,
// decoded. Pages that skip covers are passed over as they are, and taken off it.
func (p *pages) next(ctx context.Context, dictionary func(data []byte, values int) error, skip *int) (page, error) {
	for {
		if gap, ok := p.src.gap(); ok {
			if gap.row != p.seen || gap.rows > int64(*skip) {
				return page{}, fmt.Errorf("the index has a page at row %d that is not there", gap.row)
			}
			p.seen += gap.rows
			*skip -= int(gap.rows)
			p.begun = true
			continue
		}
		header, n, err := p.src.header(ctx)
		if err != nil {
			return page{}, err
		}
		p.at = p.src.at()
		all, err := p.src.take(ctx, n+int(header.compressed))
		if err != nil {
			return page{}, err
		}
		data := header.kind == dataPage || header.kind == dataPageV2
		if data {
			p.seen += header.values
		}
		if data && header.values > 0 && header.values <= int64(*skip) {
			*skip -= int(header.values)
			p.begun = true
			continue
		}
		body := all[n:]
		if header.hasCRC && crc32.ChecksumIEEE(body) != uint32(header.crc) {
			return page{}, errors.New("a page's checksum does not match")
		}
		switch header.kind {
		case dataPage:
			return p.version1(header, body)
		case dataPageV2:
			return p.version2(header, body)
		case dictionaryPage:
			if err := p.dictionary(header, body, dictionary); err != nil {
				return page{}, err
			}
		}
		p.begun = true // an index page, or one of a later version of the format
	}
}

func (p *pages) dictionary(h pageHeader, body []byte, take func([]byte, int) error) error {
	if p.begun {
		return errors.New("a dictionary page after the first page")
	}
	if h.encoding != encodingPlain && h.encoding != encodingPlainDictionary {
		return fmt.Errorf("a dictionary in encoding %d", h.encoding)
	}
	data, err := p.decompress(body, h.uncompressed)
	if err != nil {
		return err
	}
	if h.values < 0 || h.values > maxValues {
		return fmt.Errorf("a dictionary of %d values", h.values)
	}
	const entry = 16 // bytes beside the text, or of the value
	if need := int64(len(data)) + entry*h.values; p.account != nil && need > freeDictionary {
		if err := p.account.Reserve(need); err != nil {
			return err
		}
		p.held += need
	}
	return take(data, int(h.values))
}

// decompress returns the decoded body, which is only read: in scratch, unless it was not compressed or is kept.
func (p *pages) decompress(body []byte, size int64) ([]byte, error) {
	if p.codec == codecNone {
		if int64(len(body)) != size {
			return nil, fmt.Errorf("an uncompressed page of %d bytes has a size of %d", len(body), size)
		}
		return body, nil
	}
	if size == 0 {
		return nil, nil
	}
	key := pageKey{p.of, p.at}
	if p.cache != nil {
		if kept := p.cache.get(key); int64(len(kept)) == size {
			return kept, nil
		}
	}
	if int64(cap(p.scratch)) < size {
		p.drop()
		p.scratch = p.mem.Allocate(int(size))
	}
	dst := p.scratch[:size:size]
	err := p.codecs.decompress(p.codec, dst, body)
	if err == nil && p.cache != nil {
		p.cache.offer(key, dst)
	}
	return dst, err
}

func (p *pages) version1(h pageHeader, body []byte) (page, error) {
	p.begun = true
	out, err := newPage(h)
	if err != nil {
		return page{}, err
	}
	data, err := p.decompress(body, h.uncompressed)
	if err != nil {
		return page{}, err
	}
	if p.optional {
		if h.defEncoding != encodingRLE {
			return page{}, fmt.Errorf("definition levels in encoding %d are not supported", h.defEncoding)
		}
		if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
			return page{}, errors.New("definition levels reach past their page")
		}
		size := binary.LittleEndian.Uint32(data)
		out.levels = levels{hybrid{src: data[4 : 4+size], width: 1}}
		data = data[4+size:]
	}
	out.data = data
	return out, nil
}

func (p *pages) version2(h pageHeader, body []byte) (page, error) {
	p.begun = true
	out, err := newPage(h)
	if err != nil {
		return page{}, err
	}
	if h.repBytes > int64(len(body)) || h.defBytes > int64(len(body))-h.repBytes || h.repBytes+h.defBytes > h.uncompressed {
		return page{}, errors.New("levels reach past their page")
	}
	if p.optional {
		out.levels = levels{hybrid{src: body[h.repBytes : h.repBytes+h.defBytes], width: 1}}
	}
	encoded, size := body[h.repBytes+h.defBytes:], h.uncompressed-h.repBytes-h.defBytes
	switch {
	case h.plain || p.codec == codecNone:
		if int64(len(encoded)) != size {
			return page{}, fmt.Errorf("an uncompressed page of %d bytes has a size of %d", len(encoded), size)
		}
		out.data = encoded
	default:
		out.data, err = p.decompress(encoded, size)
	}
	return out, err
}

func newPage(h pageHeader) (page, error) {
	if h.values < 0 || h.values > maxValues {
		return page{}, fmt.Errorf("a page of %d values", h.values)
	}
	return page{values: int(h.values), encoding: int(h.encoding)}, nil
}
