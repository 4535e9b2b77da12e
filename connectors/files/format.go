package files

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/types"
)

// Format opens the files of one format. It is safe for concurrent use and comparable: equal ones open files alike.
type Format interface {
	// Name is what people call the format, such as "Parquet".
	Name() string
	// Open reads what describes a file; usage counts it. The errors are sqlerr.Error and name the location.
	Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (File, error)
}

// Description is what every file has.
type Description struct {
	Object   blob.Object
	Location string
	Columns  []Column // in the file's order
}

// Column is a column of a file in the engine's types.
type Column struct {
	Name     string     // as the file has it
	Type     types.Type // Kind Null: as far as is known, it holds nothing but NULL
	Nullable bool
	Native   string // the file's own type
	Warning  string // set where the mapping loses something
	Inferred bool   // Type is that of the values that were looked at; Options.Types has that in which it is read
	ID       int    // that a table format gave it, whatever its name; 0: none
	Unzoned  bool   // of moments that may be instants: the file does not say
}

// File is one version of a file. It is immutable and safe for concurrent use.
type File interface {
	Describe() *Description
	// Parts is how many parts there are, numbered from 0.
	Parts() int
	// Count is how many rows a part has at least, and about how many; it has none if about is 0.
	Count(part int) (least int64, about float64)
	// Size is how many bytes columns (positions in Columns) of a part take in the file and decoded, about.
	Size(part int, columns []int) (stored, decoded int64)
	// Section prepares the reading of columns (positions in Columns; none: only the number of rows is of interest).
	Section(part int, columns []int, b Budget) Section
	// Cost is how many bytes of memory the File itself takes, about.
	Cost() int64
}

// Budget bounds the memory that the bytes of an open Section take.
type Budget struct {
	Bytes int64 // of the first pieces together, and of a later one of each stream as much again
	Least int64 // nothing is cut below so many bytes
}

// Section is some columns of a part, or of some of its rows, about to be read.
type Section interface {
	// Ranges are the bytes of each piece, in the order in which they will be asked for, as far as that is known.
	Ranges() [][]blob.Range
	// Open begins to decode.
	Open(ctx context.Context, fetch Fetch, o Options) (Reader, error)
}

// Fetch returns the bytes of a piece of a Section; the reader releases them. Each piece is asked for once, in no certain
// order.
type Fetch func(ctx context.Context, piece int) (*blob.Data, error)

// Reader yields rows.
type Reader interface {
	// Next returns the next rows, an array for each column, and their number, at least 1; or io.EOF. The caller releases the
	// arrays.
	Next(ctx context.Context) ([]arrow.Array, int, error)
	// Close frees what decoding holds. It is idempotent.
	Close()
}

// Options say how a Section is read.
type Options struct {
	Memory    memory.Allocator // of the arrays
	Scratch   memory.Allocator // short-lived, large: blob.Pool serves well
	Account   Account          // nil: nothing is charged
	BatchRows int
	// Types are those in which inferred columns are read, for each of the file's columns. Kind Null: the file's own, or text if there is
	// none.
	Types []types.Type
	// Shapes are how nested columns are written, for each of the file's columns; nil, or none for a column: as the file has them.
	Shapes []*Shape
	// Encoded columns, as positions among those of the section, may come dictionary-encoded, vector by vector, if no condition
	// reads them.
	Encoded []int
	// Conditions are tried in this order. What some of them drops need not be in the result.
	Conditions []Condition
	// Unrepresentable is called for each batch of a column that had values that MySQL does not have, which are read as NULL:
	// NaN, an infinity, a date before year 1 or after year 9999.
	Unrepresentable func(column string)
	// Unknown is called for a column that rows have and the file's description lacks, for one of some rows.
	Unknown func(column string)
	// Rejected is called for each value or row that is not what its column says and that the format's options let pass.
	Rejected func(Rejection)
}

// Account is what is charged with memory that is held for long, such as a large dictionary as long as its part is read.
type Account interface {
	Reserve(bytes int64) error
	Release(bytes int64)
}

// Condition drops rows while they are decoded: of the other columns only values of rows that are left are decoded.
type Condition struct {
	Columns []int // that it reads: positions among the columns of the section; at least one
	// Select returns the positions of the rows to keep, ascending and valid until the next call, of values of Columns; all
	// says that it is every row. What it says of a row depends on that row alone: it may be asked of the entries of a
	// dictionary.
	Select func(columns []arrow.Array, rows int) (sel []int32, all bool)
}

// Bounded is a File that knows of its columns' values without reading them.
type Bounded interface {
	// Bounds is what the file says of a column (a position in Columns) in a part.
	Bounds(part, column int) Bounds
	// Distinct is about how many different values other than NULL a column has in a part; 0 if nothing is known. It is for
	// estimates.
	Distinct(part, column int) float64
}

// Bounds is what a file says of a column's values in some rows.
type Bounds struct {
	Type     types.Type  // of Min and Max: the file's own
	Min, Max types.Value // every value that is not NULL lies between, and they need not occur
	HasMin   bool
	HasMax   bool
	Rows     int64
	Nulls    int64 // -1: unknown
}

// Indexed is a File whose parts have an index apart from their data: bounds for runs of rows, and where these lie.
type Indexed interface {
	// Indexed reports whether a column (a position in Columns) has such bounds in a part.
	Indexed(part, column int) bool
	// IndexRanges returns where the index of columns of a part lies, as far as they have one: where their rows lie, and the
	// bounds of those of bounded. No two are the same.
	IndexRanges(part int, columns, bounded []int) []blob.Range
	// Index parses it; read has the bytes of IndexRanges, which are not needed any more when it returns. What contradicts
	// itself is left out.
	Index(part int, columns, bounded []int, read func(blob.Range) []byte) Index
}

// Index knows the bounds of runs of rows of columns of a part.
type Index interface {
	// Spans returns the rows that may pass, as far as the bounds tell: mayPass is asked of rows of which every column has one
	// set of bounds, and bounds gives it those of a column; ok is false where they are unknown.
	Spans(mayPass func(bounds func(column int) (b Bounds, ok bool)) bool) []Span
	// Section prepares the reading of the rows of spans, at least one, of the columns that the index was asked of. Bytes of
	// other rows that are fewer than gap are read through.
	Section(spans []Span, gap int64, b Budget) Section
}

// Span is the rows From to To, exclusive, of a part.
type Span struct{ From, To int64 }

// Divisible is a Section whose rows are found only by reading it from its start, such as the lines of a text.
type Divisible interface {
	Section
	// Blocks reads the section to its end and yields its rows in blocks. Their memory is of scratch. After an error it stops.
	Blocks(ctx context.Context, fetch Fetch, scratch memory.Allocator) iter.Seq2[Block, error]
}

// Block is some rows of a Divisible section that were read and not decoded.
type Block interface {
	// Open begins to decode; closing the reader releases the block.
	Open(o Options) Reader
	// Release frees a block that is not opened.
	Release()
}

// Consistent is a File that can differ from others of its table in what columns do not show.
type Consistent interface {
	// Agrees returns an error that names both files where they can't be one table.
	Agrees(with File) error
}
