package text

// CellKind says what a cell is.
type CellKind uint8

// The kinds of cells.
const (
	Null    CellKind = iota // NULL, or there is none
	Plain                   // of a format without types: the bytes are the value, which may have any type
	Escaped                 // as Plain, after Syntax.Unescape
	String                  // text
	EscapedString
	Number // in JSON's notation
	True
	False
	Nested // an object or array in JSON
)

// Cell is where a value lies in a block.
type Cell struct {
	From, To uint32
	Kind     CellKind
}

// Grid is the cells of some records.
type Grid struct {
	// At is for each column of the file its place in a row, or -1 if nobody reads it; Width is the length of a row.
	At    []int
	Width int

	most  int
	rows  int
	cells []Cell
	lines []uint32       // of each row, from the first line of the data on
	bad   map[int]string // rows that are malformed, and why
	other string         // a column that the file was not seen to have
}

// gridCells bounds the cells of a grid, so that they and what they point at stay in a cache of the processor.
const gridCells = 64 << 10

// newGrid returns a grid for rows of those columns of a file of n columns.
func newGrid(n int, columns []int, most int) *Grid {
	g := &Grid{At: make([]int, n)}
	for i := range g.At {
		g.At[i] = -1
	}
	for _, c := range columns {
		if g.At[c] < 0 {
			g.At[c] = g.Width
			g.Width++
		}
	}
	g.most = max(1, min(most, gridCells/max(g.Width, 1)))
	g.cells = make([]Cell, g.most*g.Width)
	g.lines = make([]uint32, g.most)
	return g
}

// Full reports whether there is no room for another row.
func (g *Grid) Full() bool { return g.rows == g.most }

// Row begins a row that is on a line of the data, counted from 0, and returns its cells, all of them Null. The row counts
// once Add was called.
func (g *Grid) Row(line int) []Cell {
	g.lines[g.rows] = uint32(line)
	row := g.cells[g.rows*g.Width : (g.rows+1)*g.Width]
	clear(row)
	return row
}

// Add ends a row; why is set if it is malformed.
func (g *Grid) Add(why string) {
	if why != "" {
		if g.bad == nil {
			g.bad = make(map[int]string)
		}
		g.bad[g.rows] = why
	}
	g.rows++
}

// Unknown notes a column of a row that the file's description lacks.
func (g *Grid) Unknown(name []byte) {
	if g.other == "" {
		g.other = string(name)
	}
}

// cell returns a cell of a row.
func (g *Grid) cell(row, place int) Cell { return g.cells[row*g.Width+place] }

func (g *Grid) reset() {
	g.rows, g.other = 0, ""
	clear(g.bad)
}

// drop removes rows.
func (g *Grid) drop(rows map[int]bool) {
	n := 0
	for r := range g.rows {
		if rows[r] {
			continue
		}
		copy(g.cells[n*g.Width:(n+1)*g.Width], g.cells[r*g.Width:(r+1)*g.Width])
		g.lines[n] = g.lines[r]
		n++
	}
	g.rows = n
	clear(g.bad)
}
