package iceberg

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/apache/iceberg-go/table/dv"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// deleteFiles are the files of a planned scan that say which rows are deleted. Several data files share one, which is read once.
type deleteFiles struct {
	*planner
	byPath map[string]*deleteFile
}

// deleteFile is one of them.
type deleteFile struct {
	format.DataFile
	object blob.Object
	format files.Format
	equal  []int // positions of the table's columns that deleted rows agree in; nil: it has positions

	mu        sync.Mutex
	loaded    bool
	positions map[string]*dv.RoaringPositionBitmap // by the address of the data file
	keys      map[string]bool                      // of values of equal
}

// of returns what is deleted of a data file; nil: nothing.
func (d *deleteFiles) of(task table.FileScanTask) (lake.Deletes, error) {
	out := &deleted{planner: d.planner, data: task.File.FilePath(), vectors: task.DeletionVectorFiles}
	if len(task.DeletionVectorFiles) > 0 {
		task.DeleteFiles = nil // a vector has what files of positions said before
	}
	for _, f := range slices.Concat(task.DeleteFiles, task.EqualityDeleteFiles) {
		file, err := d.file(f)
		if err != nil {
			return nil, err
		}
		out.files = append(out.files, file)
		for _, pos := range file.equal {
			if !slices.Contains(out.columns, pos) {
				out.columns = append(out.columns, pos)
			}
		}
	}
	if len(out.files) == 0 && len(out.vectors) == 0 {
		return nil, nil
	}
	return out, nil
}

func (d *deleteFiles) file(f format.DataFile) (*deleteFile, error) {
	if known := d.byPath[f.FilePath()]; known != nil {
		return known, nil
	}
	of, ok := d.formats[f.FileFormat()]
	if !ok {
		return nil, sqlerr.New(sqlerr.Unsupported, "%s is a file of deleted rows of format %s", f.FilePath(), f.FileFormat())
	}
	key, err := d.key(f.FilePath())
	if err != nil {
		return nil, err
	}
	out := &deleteFile{DataFile: f, object: blob.Object{Key: key, Size: f.FileSizeBytes()}, format: of}
	for _, id := range f.EqualityFieldIDs() {
		pos := slices.IndexFunc(d.columns, func(c lake.DeclaredColumn) bool { return c.ID == id })
		if pos < 0 {
			return nil, sqlerr.New(sqlerr.Unsupported, "%s says which rows are deleted by field %d, which is no column of the table", f.FilePath(), id)
		}
		if t := d.columns[pos].Type; t.IsFloat() || t.Kind == types.JSON {
			return nil, sqlerr.New(sqlerr.Unsupported, "%s says which rows are deleted by column %s of type %s", f.FilePath(), d.columns[pos].Name, d.columns[pos].Native)
		}
		out.equal = append(out.equal, pos)
	}
	d.byPath[f.FilePath()] = out
	return out, nil
}

// deleted implements lake.Deletes of a data file.
type deleted struct {
	*planner
	data    string // its address
	files   []*deleteFile
	vectors []format.DataFile
	columns []int // that rows are compared in, of all files
}

// Columns implements lake.Deletes.
func (d *deleted) Columns() []int { return d.columns }

// Load implements lake.Deletes.
func (d *deleted) Load(ctx context.Context, account files.Account, usage *connectors.Usage) (lake.DeletedRows, error) {
	out := &deletedRows{positions: dv.NewRoaringPositionBitmap()}
	if len(d.vectors) > 0 {
		vectors, err := dv.ReadDVs(fileIO{d.warehouse, ctx, usage}, d.vectors)
		if err != nil {
			return nil, corrupt(err, d.vectors[0].FilePath())
		}
		for _, v := range vectors {
			out.positions.Or(v)
		}
	}
	for _, f := range d.files {
		if err := f.load(ctx, d.planner, account, usage); err != nil {
			return nil, err
		}
		if f.equal == nil {
			if p := f.positions[d.data]; p != nil {
				out.positions.Or(p)
			}
			continue
		}
		of := keySet{keys: f.keys}
		for _, pos := range f.equal {
			of.columns = append(of.columns, slices.Index(d.columns, pos))
		}
		out.sets = append(out.sets, of)
	}
	return out, nil
}

// The columns of files of positions, by their ids in the specification.
var positionColumns = []lake.DeclaredColumn{
	{ID: 2147483546, Default: types.NullValue, TableColumn: plan.TableColumn{Name: "file_path", Type: types.Of(types.Text), Native: "string"}},
	{ID: 2147483545, Default: types.NullValue, TableColumn: plan.TableColumn{Name: "pos", Type: types.Of(types.Int64), Native: "long"}},
}

// What a deleted row takes in memory, about: as a position, and as a key besides its values.
const (
	positionBytes = 2
	keyBytes      = 48
)

// load reads the file, unless that was done.
func (f *deleteFile) load(ctx context.Context, p *planner, account files.Account, usage *connectors.Usage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded {
		return nil
	}
	f.positions, f.keys = make(map[string]*dv.RoaringPositionBitmap), make(map[string]bool)
	columns, visit := positionColumns, f.addPositions
	if f.equal != nil {
		columns = nil
		for _, pos := range f.equal {
			columns = append(columns, p.columns[pos])
		}
		visit = f.addKeys
	}
	spec := p.spec(plan.TableName{Name: f.FilePath()})
	spec.Location = f.FilePath()
	err := lake.ReadAll(ctx, spec, columns, []lake.File{{Object: f.object, Format: f.format}}, usage, func(b arrow.RecordBatch) error {
		cost, err := visit(b)
		if err != nil {
			return err
		}
		return account.Reserve(cost)
	})
	f.loaded = err == nil
	return err
}

// addPositions adds rows of a file of positions, and returns what they take in memory.
func (f *deleteFile) addPositions(b arrow.RecordBatch) (int64, error) {
	paths, ok := b.Column(0).(*array.String)
	positions, isInt := b.Column(1).(*array.Int64)
	if !ok || !isInt {
		return 0, sqlerr.New(sqlerr.Corrupt, "%s has no paths and positions", f.FilePath())
	}
	for i := range int(b.NumRows()) {
		if paths.IsNull(i) || positions.IsNull(i) || positions.Value(i) < 0 {
			return 0, sqlerr.New(sqlerr.Corrupt, "%s has a row without a path and a position", f.FilePath())
		}
		path := paths.Value(i)
		of := f.positions[path]
		if of == nil {
			of = dv.NewRoaringPositionBitmap()
			f.positions[strings.Clone(path)] = of
		}
		of.Set(uint64(positions.Value(i)))
	}
	return b.NumRows() * positionBytes, nil
}

// addKeys adds rows of a file of values, and returns what they take in memory.
func (f *deleteFile) addKeys(b arrow.RecordBatch) (int64, error) {
	cost := int64(0)
	var key []byte
	for i := range int(b.NumRows()) {
		key = key[:0]
		for c := range int(b.NumCols()) {
			key = appendKey(key, b.Column(c), i)
		}
		if !f.keys[string(key)] {
			f.keys[string(key)] = true
			cost += keyBytes + int64(len(key))
		}
	}
	return cost, nil
}

// deletedRows implements lake.DeletedRows.
type deletedRows struct {
	positions *dv.RoaringPositionBitmap
	sets      []keySet
}

// keySet are the values of deleted rows in some columns.
type keySet struct {
	keys    map[string]bool
	columns []int // positions among the columns of Deletes
}

// Kept implements lake.DeletedRows. It is called by several readers at once.
func (d *deletedRows) Kept(sel []int32, first int64, columns []arrow.Array, rows int) []int32 {
	var key []byte
	for i := range rows {
		gone := d.positions.Contains(uint64(first + int64(i)))
		for _, s := range d.sets {
			if gone {
				break
			}
			key = key[:0]
			for _, c := range s.columns {
				key = appendKey(key, columns[c], i)
			}
			gone = s.keys[string(key)]
		}
		if !gone {
			sel = append(sel, int32(i))
		}
	}
	return sel
}

// appendKey appends value i of a column such that equal values, and no others, have the same bytes. NULL equals NULL.
func appendKey(key []byte, a arrow.Array, i int) []byte {
	if a.IsNull(i) {
		return append(key, 0)
	}
	key = append(key, 1)
	switch a := a.(type) {
	case *array.Boolean:
		if a.Value(i) {
			return append(key, 1)
		}
		return append(key, 0)
	case *array.Int32:
		return binary.LittleEndian.AppendUint32(key, uint32(a.Value(i)))
	case *array.Int64:
		return binary.LittleEndian.AppendUint64(key, uint64(a.Value(i)))
	case *array.Date32:
		return binary.LittleEndian.AppendUint32(key, uint32(a.Value(i)))
	case *array.Timestamp:
		return binary.LittleEndian.AppendUint64(key, uint64(a.Value(i)))
	case *array.Duration:
		return binary.LittleEndian.AppendUint64(key, uint64(a.Value(i)))
	}
	text := a.ValueStr(i) // of decimals too, whose vectors vary in width
	if b, ok := a.(*array.Binary); ok {
		text = string(b.Value(i))
	}
	return append(binary.AppendUvarint(key, uint64(len(text))), text...)
}
