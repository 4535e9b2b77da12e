package arrowipc

import (
	"encoding/binary"
	"errors"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Fields of flatbuffers tables, by their position in the format's Message.fbs, Schema.fbs and File.fbs.
const (
	messageHeaderType, messageHeader, messageBodyLength, messageMetadata = 1, 2, 3, 4
	schemaFields, schemaMetadata                                         = 1, 2
	fieldName, fieldDictionary, fieldChildren, fieldMetadata             = 0, 4, 5, 6
	batchLength, batchNodes, batchBuffers, batchVariadic                 = 0, 1, 2, 4
	dictionaryData                                                       = 1
	footerVersion, footerSchema, footerDictionaries, footerBatches       = 0, 1, 2, 3
)

// Kinds of messages (MessageHeader of Message.fbs).
const (
	headerSchema     = 1
	headerDictionary = 2
	headerBatch      = 3
)

// Bounds of metadata.
const (
	maxMetadata = 16 << 20
	maxDepth    = 64 // arrow-go's for arrays
)

// table is a table of a flatbuffer; reading beyond the buffer panics.
type table struct{ flatbuffers.Table }

func root(buf []byte) table {
	return table{flatbuffers.Table{Bytes: buf, Pos: flatbuffers.GetUOffsetT(buf)}}
}

// at returns the offset of a field, 0 if it is absent.
func (t table) at(field int) flatbuffers.UOffsetT {
	return flatbuffers.UOffsetT(t.Offset(flatbuffers.VOffsetT(4 + 2*field)))
}

func (t table) int64(field int) int64 {
	if o := t.at(field); o != 0 {
		return t.GetInt64(t.Pos + o)
	}
	return 0
}

func (t table) byte(field int) byte {
	if o := t.at(field); o != 0 {
		return t.GetByte(t.Pos + o)
	}
	return 0
}

func (t table) child(field int) (table, bool) {
	o := t.at(field)
	if o == 0 {
		return table{}, false
	}
	return table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + o)}}, true
}

// vector returns where a vector's elements begin, and how many there are.
func (t table) vector(field int) (start flatbuffers.UOffsetT, n int) {
	if o := t.at(field); o != 0 {
		return t.Vector(o), t.VectorLen(o)
	}
	return 0, 0
}

// text returns the length of a string.
func (t table) text(field int) int {
	if o := t.at(field); o != 0 {
		return len(t.ByteVector(t.Pos + o))
	}
	return 0
}

// budget is how many bytes and tables metadata may still expand to.
type budget int

var errExpands = errors.New("metadata refers to the same bytes too often")

func (b *budget) spend(n int) error {
	if *b -= budget(n); *b < 0 {
		return errExpands
	}
	return nil
}

// newBudget is that of metadata of some bytes: honest metadata refers to each byte once.
func newBudget(metadata int) *budget {
	b := budget(2*metadata + 1<<10)
	return &b
}

// metadata walks a vector of pairs of keys and values.
func (t table) metadata(field int, b *budget) error {
	start, n := t.vector(field)
	for i := range n {
		pair := table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*i))}}
		if err := b.spend(8 + pair.text(0) + pair.text(1)); err != nil {
			return err
		}
	}
	return nil
}

// fields walks a vector of fields and reports whether one is dictionary-encoded.
func (t table) fields(field, depth int, b *budget) (coded bool, err error) {
	if depth > maxDepth {
		return false, fmt.Errorf("the schema nests deeper than %d", maxDepth)
	}
	start, n := t.vector(field)
	for i := range n {
		f := table{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*i))}}
		if err := b.spend(8 + f.text(fieldName)); err != nil {
			return false, err
		}
		if err := f.metadata(fieldMetadata, b); err != nil {
			return false, err
		}
		within, err := f.fields(fieldChildren, depth+1, b)
		if err != nil {
			return false, err
		}
		coded = coded || within || f.at(fieldDictionary) != 0
	}
	return coded, nil
}

// schema walks a schema.
func (t table) schema(b *budget) (coded bool, err error) {
	if err := t.metadata(schemaMetadata, b); err != nil {
		return false, err
	}
	return t.fields(schemaFields, 0, b)
}

// batch walks a record batch.
func (t table) batch(b *budget) error {
	_, nodes := t.vector(batchNodes)
	_, buffers := t.vector(batchBuffers)
	if err := b.spend(16 * (nodes + buffers)); err != nil {
		return err
	}
	start, n := t.vector(batchVariadic)
	for i := range n {
		if count := t.GetInt64(start + flatbuffers.UOffsetT(8*i)); count < 0 || count > int64(buffers) {
			return fmt.Errorf("%d buffers of a view, where there are %d", count, buffers)
		}
	}
	if rows := t.int64(batchLength); rows < 0 {
		return fmt.Errorf("%d rows", rows)
	}
	return nil
}

// message is what is read of a message's metadata.
type message struct {
	kind  byte
	body  int64
	rows  int64
	coded bool // a schema with dictionaries
}

// checkMessage proves that decoding a message's metadata takes memory in proportion to it. left bytes follow.
func checkMessage(meta []byte, left int64) (m message, err error) {
	defer recovered(&err)
	t := root(meta)
	m.kind, m.body = t.byte(messageHeaderType), t.int64(messageBodyLength)
	if m.body < 0 || m.body > left {
		return m, fmt.Errorf("a message of %d bytes, where %d are left", m.body, left)
	}
	b := newBudget(len(meta))
	if err := t.metadata(messageMetadata, b); err != nil {
		return m, err
	}
	header, ok := t.child(messageHeader)
	if !ok {
		return m, errors.New("a message without a header")
	}
	switch m.kind {
	case headerSchema:
		m.coded, err = header.schema(b)
	case headerBatch:
		m.rows = header.int64(batchLength)
		err = header.batch(b)
	case headerDictionary:
		data, ok := header.child(dictionaryData)
		if !ok {
			return m, errors.New("a dictionary without values")
		}
		err = data.batch(b)
	default:
		err = fmt.Errorf("a message of kind %d", m.kind)
	}
	return m, err
}

// recovered turns a panic, such as of an offset beyond the buffer, into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%v", p)
	}
}

// extent is a message of a file.
type extent struct{ off, metadata, body int64 }

// footer is what is read of a file's footer.
type footer struct {
	schema        []byte // as the metadata of a message
	dictionaries  []extent
	recordBatches []extent
}

// parseFooter reads the footer of a file, before which there are size bytes.
func parseFooter(buf []byte, size int64) (f footer, err error) {
	defer recovered(&err)
	t := root(buf)
	schema, ok := t.child(footerSchema)
	if !ok {
		return f, errors.New("the footer has no schema")
	}
	f.schema = schemaMessage(buf, t, schema)
	if f.dictionaries, err = t.blocks(footerDictionaries, size); err != nil {
		return f, err
	}
	f.recordBatches, err = t.blocks(footerBatches, size)
	return f, err
}

// schemaMessage returns the metadata of a message with the schema of a footer: a table of its own, before the footer's bytes, refers to
// the schema among them. Not every writer has the message where files have it, and offsets within a flatbuffer are relative.
func schemaMessage(footer []byte, t, schema table) []byte {
	const tableAt, headerAt, footerAt = 16, 20, 32
	out := make([]byte, footerAt, footerAt+len(footer))
	binary.LittleEndian.PutUint32(out, tableAt)
	for i, v := range []uint16{12, 12, 8, 10, 4, 0} { // sizes of the vtable and the table, fields from version to body length
		binary.LittleEndian.PutUint16(out[4+2*i:], v)
	}
	binary.LittleEndian.PutUint32(out[tableAt:], tableAt-4) // back to the vtable
	binary.LittleEndian.PutUint32(out[headerAt:], uint32(footerAt-headerAt)+uint32(schema.Pos))
	if o := t.at(footerVersion); o != 0 {
		binary.LittleEndian.PutUint16(out[24:], uint16(t.GetInt16(t.Pos+o)))
	}
	out[26] = headerSchema
	return append(out, footer...)
}

// blocks returns where messages lie, within size bytes.
func (t table) blocks(field int, size int64) (list []extent, err error) {
	const block = 24 // bytes of a Block: offset, length of metadata, four unused bytes, length of the body
	start, n := t.vector(field)
	for i := range n {
		p := start + flatbuffers.UOffsetT(block*i)
		e := extent{t.GetInt64(p), int64(t.GetInt32(p + 8)), t.GetInt64(p + 16)}
		if e.off < 0 || e.metadata < 8 || e.body < 0 || e.metadata > maxMetadata || e.off > size || e.body > size || e.metadata+e.body > size-e.off {
			return nil, fmt.Errorf("block %d of the footer lies outside the file", i)
		}
		list = append(list, e)
	}
	return list, nil
}

const continuation = 0xffffffff

// prefix reads the length of a message's metadata and where it begins; 0: the stream ends.
func prefix(buf []byte) (start, length int) {
	first := binary.LittleEndian.Uint32(buf)
	if first != continuation { // as before version 0.15
		return 4, int(first)
	}
	return 8, int(binary.LittleEndian.Uint32(buf[4:]))
}
