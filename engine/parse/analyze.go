package parse

import (
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Analyze is ANALYZE [NO_WRITE_TO_BINLOG | LOCAL] TABLE name [, name ...], or of columns
// ANALYZE ... TABLE name UPDATE HISTOGRAM ON column [, column ...] [WITH n BUCKETS], or DROP HISTOGRAM ON column [, column ...].
type Analyze struct {
	Tables    []TableName
	Histogram HistogramAction
	Columns   []string // of Histogram, each once
	Buckets   int
}

// TableName is a table as it is written.
type TableName struct {
	Database string // "": the session's
	Name     string
}

// HistogramAction is what is done with the histograms of columns.
type HistogramAction uint8

// The actions.
const (
	NoHistogram HistogramAction = iota // the table as a whole is analyzed
	UpdateHistogram
	DropHistogram
)

func (*Analyze) sealed() {}

// The buckets of a histogram that MySQL has: by default, and at most.
const (
	standardBuckets = 100
	mostBuckets     = 1024
)

// analyzeLocal reads what follows a word that changes nothing: there is no log that the statement would be written to.
func (r *reader) analyzeLocal() Stmt {
	if t := r.next(); !t.is("TABLE") && !t.is("TABLES") {
		r.fail(t, "TABLE")
	}
	return r.analyzeTable()
}

func (r *reader) analyzeTable() Stmt {
	s := &Analyze{Buckets: standardBuckets}
	for r.err == nil {
		s.Tables = append(s.Tables, r.tableName())
		if !r.comma() {
			break
		}
	}
	switch {
	case r.accept("UPDATE", "HISTOGRAM", "ON"):
		s.Histogram = UpdateHistogram
		r.histogramColumns(s)
		if r.accept("WITH") {
			s.Buckets = r.buckets()
			r.expect("BUCKETS")
		}
		if t := r.peek(); t.is("USING") && r.err == nil {
			r.err = sqlerr.New(sqlerr.Unsupported, "ANALYZE TABLE ... USING DATA: the gateway makes histograms of the table's rows alone")
		}
	case r.accept("DROP", "HISTOGRAM", "ON"):
		s.Histogram = DropHistogram
		r.histogramColumns(s)
	}
	return s
}

// comma passes a comma if it comes next.
func (r *reader) comma() bool {
	if !r.peek().isSymbol(",") {
		return false
	}
	r.next()
	return true
}

func (r *reader) tableName() TableName {
	n := TableName{Name: r.ident("a table's name")}
	if r.peek().isSymbol(".") {
		r.next()
		n = TableName{Database: n.Name, Name: r.ident("a table's name")}
	}
	return n
}

func (r *reader) histogramColumns(s *Analyze) {
	for r.err == nil {
		column := r.ident("a column's name")
		for _, other := range s.Columns {
			if strings.EqualFold(column, other) && r.err == nil {
				r.err = sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", column)
			}
		}
		s.Columns = append(s.Columns, column)
		if !r.comma() {
			return
		}
	}
}

func (r *reader) buckets() int {
	t := r.next()
	if !t.isNumber() {
		r.fail(t, "a number of buckets")
		return 0
	}
	n, err := strconv.ParseInt(t.value, 10, 64)
	if r.err == nil && (err != nil || n < 1 || n > mostBuckets) {
		r.err = sqlerr.New(sqlerr.OutOfRange, "Number of buckets value is out of range in 'ANALYZE TABLE'")
	}
	return int(n)
}
