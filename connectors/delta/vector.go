package delta

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/sqlerr"
)

// vectorDescriptor says where the deletion vector of a data file is.
type vectorDescriptor struct {
	StorageType    string `json:"storageType"`
	PathOrInlineDV string `json:"pathOrInlineDv"`
	Offset         *int32 `json:"offset"`
	SizeInBytes    int32  `json:"sizeInBytes"`
	Cardinality    int64  `json:"cardinality"`
}

// Where a vector is: in a file of the table that has a UUID, in a file at any path, or in the log.
const (
	vectorByID   = "u"
	vectorByPath = "p"
	vectorInline = "i"
)

// encodedUUID is how many characters of base 85 a UUID has.
const encodedUUID = 20

// id tells the vectors of a file apart; "" is that of none.
func (d *vectorDescriptor) id() string {
	switch {
	case d == nil:
		return ""
	case d.Offset == nil:
		return d.StorageType + d.PathOrInlineDV
	}
	return fmt.Sprintf("%s%s@%d", d.StorageType, d.PathOrInlineDV, *d.Offset)
}

// check refuses descriptors that can't be right.
func (d *vectorDescriptor) check() error {
	switch {
	case d == nil:
		return nil
	case d.SizeInBytes <= 0 || d.Cardinality < 0 || d.offset() < 0:
		return sqlerr.New(sqlerr.Corrupt, "a deletion vector of %d bytes at %d has %d rows", d.SizeInBytes, d.offset(), d.Cardinality)
	case d.StorageType == vectorInline || d.StorageType == vectorByPath, d.StorageType == vectorByID && len(d.PathOrInlineDV) >= encodedUUID:
		return nil
	}
	return sqlerr.New(sqlerr.Corrupt, "a deletion vector has the storage type %q and the path %q", d.StorageType, d.PathOrInlineDV)
}

func (d *vectorDescriptor) offset() int64 {
	if d.Offset == nil {
		return 0
	}
	return int64(*d.Offset)
}

// path is that of the vector's file, relative to the table's folder unless it is an address.
func (d *vectorDescriptor) path() (string, error) {
	if d.StorageType == vectorByPath {
		return decodePath(d.PathOrInlineDV)
	}
	prefix, encoded := d.PathOrInlineDV[:len(d.PathOrInlineDV)-encodedUUID], d.PathOrInlineDV[len(d.PathOrInlineDV)-encodedUUID:]
	raw, ok := decodeZ85(encoded)
	if !ok {
		return "", sqlerr.New(sqlerr.Corrupt, "the deletion vector %q has no UUID", d.PathOrInlineDV)
	}
	name := "deletion_vector_" + uuid.UUID(raw).String() + ".bin"
	if prefix != "" {
		name = prefix + "/" + name
	}
	return name, nil
}

// deleted implements lake.Deletes of a data file. What it loads is kept: it is one execution's.
type deleted struct {
	*source
	folder string // of the table
	file   *dataFile

	mu   sync.Mutex
	rows *deletedRows
}

// Columns implements lake.Deletes.
func (*deleted) Columns() []int { return nil }

// Load implements lake.Deletes.
func (d *deleted) Load(ctx context.Context, account files.Account, usage *connectors.Usage) (lake.DeletedRows, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rows != nil {
		return d.rows, nil
	}
	rows, err := d.load(ctx, usage)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "the deletion vector of %s", d.file.path)
	}
	if err := account.Reserve(rows.bytes()); err != nil {
		return nil, err
	}
	d.rows = rows
	return rows, nil
}

func (d *deleted) load(ctx context.Context, usage *connectors.Usage) (*deletedRows, error) {
	v := d.file.vector
	var data []byte
	if v.StorageType == vectorInline {
		decoded, ok := decodeZ85(v.PathOrInlineDV)
		if !ok || len(decoded) < int(v.SizeInBytes) {
			return nil, sqlerr.New(sqlerr.Corrupt, "it is not base 85 of %d bytes", v.SizeInBytes)
		}
		data = decoded[:v.SizeInBytes]
	} else {
		var err error
		if data, err = d.read(ctx, usage); err != nil {
			return nil, err
		}
	}
	rows, err := parseVector(data)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.Corrupt, err, "it is malformed")
	}
	return rows, rows.check(d.file)
}

// Around a vector in a file are its size and a checksum; the file begins with the version of the format.
const (
	vectorFrame   = 8
	vectorVersion = 1
)

// read returns the bytes of a vector in a file, whose checksum is right.
func (d *deleted) read(ctx context.Context, usage *connectors.Usage) ([]byte, error) {
	v := d.file.vector
	name, err := v.path()
	if err != nil {
		return nil, err
	}
	key, err := d.key(d.folder, name)
	if err != nil {
		return nil, err
	}
	object, err := d.store.Stat(ctx, key)
	if isMissing(err) {
		return nil, sqlerr.New(sqlerr.SourceChanged, "%s was removed", d.store.Location(key))
	}
	if err != nil {
		return nil, err
	}
	at, size := v.offset(), int64(v.SizeInBytes)
	if at+size+vectorFrame > object.Size {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has %d bytes, and no vector of %d bytes at %d", d.store.Location(key), object.Size, size, at)
	}
	// The version comes right before the first vector; that before another one is not worth a request.
	from := at
	if at == 1 {
		from = 0
	}
	framed := make([]byte, at-from+size+vectorFrame)
	if err := blob.ReadMetered(ctx, d.store, object, from, framed, usage); err != nil {
		return nil, err
	}
	if from < at && framed[0] != vectorVersion {
		return nil, sqlerr.New(sqlerr.Unsupported, "%s is of version %d", d.store.Location(key), framed[0])
	}
	framed = framed[at-from:]
	data := framed[4 : 4+size]
	if binary.BigEndian.Uint32(framed) != uint32(size) || binary.BigEndian.Uint32(framed[4+size:]) != crc32.ChecksumIEEE(data) {
		return nil, sqlerr.New(sqlerr.Corrupt, "%s has other bytes at %d than their size and checksum say", d.store.Location(key), at)
	}
	return data, nil
}

// deletedRows implements lake.DeletedRows by bitmaps of the lower halves of rows' numbers, by their upper halves.
type deletedRows struct {
	bitmaps map[uint32]*roaring.Bitmap
}

// vectorMagic begins a vector: bitmaps in the portable format of 64 bits follow.
const vectorMagic = 1681511377

// parseVector parses a vector.
func parseVector(data []byte) (*deletedRows, error) {
	if len(data) < 12 || binary.LittleEndian.Uint32(data) != vectorMagic {
		return nil, fmt.Errorf("it does not begin as a vector")
	}
	count := binary.LittleEndian.Uint64(data[4:])
	out := &deletedRows{make(map[uint32]*roaring.Bitmap)}
	data = data[12:]
	next := uint64(0) // the least upper half that may come
	for range count {
		if len(data) < 4 {
			return nil, fmt.Errorf("it has fewer bitmaps than %d", count)
		}
		upper := binary.LittleEndian.Uint32(data)
		if uint64(upper) < next || upper > 1<<31-1 {
			return nil, fmt.Errorf("bitmap %d comes out of order", upper)
		}
		b := roaring.New()
		n, err := b.ReadFrom(bytes.NewReader(data[4:]))
		if err == nil && !b.IsEmpty() {
			err = b.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("bitmap %d: %w", upper, err)
		}
		out.bitmaps[upper], next = b, uint64(upper)+1
		data = data[4+n:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes follow its bitmaps", len(data))
	}
	return out, nil
}

// check compares the rows with what the log says of them.
func (d *deletedRows) check(f *dataFile) error {
	count := int64(0)
	for upper, b := range d.bitmaps {
		count += int64(b.GetCardinality())
		if b.IsEmpty() || f.records < 0 {
			continue
		}
		if last := int64(upper)<<32 | int64(b.Maximum()); last >= f.records {
			return sqlerr.New(sqlerr.Corrupt, "it deletes row %d of %d", last, f.records)
		}
	}
	if count != f.vector.Cardinality {
		return sqlerr.New(sqlerr.Corrupt, "it deletes %d rows, and the log says %d", count, f.vector.Cardinality)
	}
	return nil
}

// bytes is what the rows take in memory.
func (d *deletedRows) bytes() int64 {
	total := int64(0)
	for _, b := range d.bitmaps {
		total += int64(b.GetSizeInBytes())
	}
	return total
}

// Kept implements lake.DeletedRows.
func (d *deletedRows) Kept(sel []int32, first int64, _ []arrow.Array, rows int) []int32 {
	for i := range rows {
		row := first + int64(i)
		if b := d.bitmaps[uint32(row>>32)]; b == nil || !b.Contains(uint32(row)) {
			sel = append(sel, int32(i))
		}
	}
	return sel
}

// z85 are the digits of ZeroMQ's base 85.
const z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// decodeZ85 decodes five characters to four bytes each.
func decodeZ85(text string) ([]byte, bool) {
	if len(text)%5 != 0 {
		return nil, false
	}
	out := make([]byte, 0, len(text)/5*4)
	for ; text != ""; text = text[5:] {
		value := uint64(0)
		for i := range 5 {
			digit := strings.IndexByte(z85, text[i])
			if digit < 0 {
				return nil, false
			}
			value = value*85 + uint64(digit)
		}
		if value > 1<<32-1 {
			return nil, false
		}
		out = binary.BigEndian.AppendUint32(out, uint32(value))
	}
	return out, true
}
