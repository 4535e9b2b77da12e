package bind

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/engine/write"
)

// loadedText is the type of the fields of a file.
var loadedText = types.NewText(types.Text, 0, types.Collation(sql.Collation_Default))

// loadedVariables are the user variables that LOAD DATA assigns fields to; nil: there are none.
func loadedVariables(ctx *sql.Context, n *gmsplan.LoadData) *userVariables {
	vars := &userVariables{session: ctx.Session, types: make(map[string]types.Type), last: make(map[string]assignedValue), final: true}
	vars.ctx = sql.NewContext(context.Background(), sql.WithSession(ctx.Session))
	for _, e := range n.UserVars {
		if v := loadedVariable(e); v != nil && v.Name != fieldsEnd {
			vars.types[strings.ToLower(v.Name)] = loadedText
		}
	}
	if len(vars.types) == 0 {
		return nil
	}
	return vars
}

// loadedVariable is the variable that a field is assigned to; nil: it is a column's.
func loadedVariable(e sql.Expression) *expression.UserVar {
	if set, ok := e.(*expression.SetField); ok {
		v, _ := set.LeftChild.(*expression.UserVar)
		return v
	}
	return nil
}

// fieldsEnd is the user variable behind the fields of a file that the statement lists (writtenRows): GMS appends the columns of SET to them.
const fieldsEnd = "silogate_fields_end"

func endsFields(e sql.Expression) bool {
	v := loadedVariable(e)
	return v != nil && v.Name == fieldsEnd
}

// file imports LOAD DATA LOCAL (MySQL 8.0 manual, 13.2.9).
func (i *insertImport) file(n *gmsplan.LoadData) (func(*sql.Context) (write.Cells, func() error, error), error) {
	loaded := &loadedCells{writing: i.writing, session: i.ctx.Session}
	fields, columns := n.UserVars, i.insert.Listed // what the statement's list has at its positions, and its columns in their order
	if end := slices.IndexFunc(fields, endsFields); end >= 0 {
		fields = fields[:end]
	} else { // there is no list
		fields, columns = make([]sql.Expression, len(i.table.schema)), nil
		for at := range i.table.schema {
			columns = append(columns, at)
		}
	}
	i.insert.Listed = nil
	for _, field := range fields {
		if v := loadedVariable(field); v != nil {
			loaded.fields = append(loaded.fields, v.Name)
			continue
		}
		loaded.fields = append(loaded.fields, "")
		i.insert.Listed, columns = append(i.insert.Listed, columns[0]), columns[1:]
	}
	loaded.columns = len(i.insert.Listed)
	for at, e := range n.SetExprs {
		if e == nil {
			continue
		}
		cell, err := i.loadedCell(e, at)
		if err != nil {
			return nil, err
		}
		i.insert.Listed = append(i.insert.Listed, at)
		loaded.set = append(loaded.set, cell)
	}
	decode, err := fileDecoder(n.Charset)
	if err != nil {
		return nil, err
	}
	loaded.decode = decode
	format := write.Format{FieldEnd: n.FieldsTerminatedBy, Enclosed: n.FieldsEnclosedBy, Escape: n.FieldsEscapedBy, LineHead: n.LinesStartingBy, LineEnd: n.LinesTerminatedBy}
	return func(ctx *sql.Context) (write.Cells, func() error, error) {
		in, err := openFile(ctx, n)
		if err != nil {
			return nil, nil, err
		}
		loaded.ctx, loaded.reader = ctx, write.NewFieldReader(in, format)
		if err := loaded.reader.Skip(n.IgnoreNum); err != nil {
			return nil, nil, cmp.Or(err, in.Close())
		}
		return loaded, in.Close, nil
	}, nil
}

// loadedCell imports what SET gives a column.
func (i *insertImport) loadedCell(e sql.Expression, at int) (write.Cell, error) {
	err := i.table.given(at)
	if err == nil {
		e, err = ofWrittenRow(i.ctx, e)
	}
	if err != nil {
		return write.Cell{}, err
	}
	return i.cell(e, i.table.columns[at].Type)
}

// openFile asks the client for the file.
func openFile(ctx *sql.Context, n *gmsplan.LoadData) (io.ReadCloser, error) {
	if !n.Local {
		return nil, sqlerr.New(sqlerr.Unsupported, "LOAD DATA of the gateway's own files is not supported: LOAD DATA LOCAL reads those of the client")
	}
	if _, on, ok := sql.SystemVariables.GetGlobal("local_infile"); !ok || on == int8(0) {
		return nil, sqlerr.New(sqlerr.Errno(3948), "Loading local data is disabled; this must be enabled on both the client and server sides") // ER_CLIENT_LOCAL_FILES_DISABLED
	}
	return ctx.LoadInfile(n.File)
}

// fileDecoder returns what makes UTF-8 of the texts of a character set; nil: they are.
func fileDecoder(name string) (func(string) (string, bool), error) {
	if name == "" {
		return nil, nil
	}
	set, err := sql.ParseCharacterSet(strings.ToLower(name))
	if err != nil {
		return nil, sqlerr.New(sqlerr.UnknownCharset, "Unknown character set: '%s'", name)
	}
	switch set {
	case sql.CharacterSet_utf8mb4, sql.CharacterSet_utf8mb3, sql.CharacterSet_binary:
		return nil, nil
	}
	encoder := set.Encoder()
	if encoder == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, "files in the character set %s are not supported", name)
	}
	return func(s string) (string, bool) {
		out, ok := encoder.Decode([]byte(s))
		return string(out), ok
	}, nil
}

// loadedCells are the rows of a file.
type loadedCells struct {
	ctx     *sql.Context
	writing *writing
	session sql.Session
	reader  *write.FieldReader
	decode  func(string) (string, bool)
	fields  []string     // the variable of each, "": it is the next column's
	columns int          // that fields fill
	set     []write.Cell // of the columns behind
	row     int64
}

// Warnings of rows that have other fields than the statement says.
const (
	tooFewFields  = 1261 // ER_WARN_TOO_FEW_RECORDS
	tooManyFields = 1262 // ER_WARN_TOO_MANY_RECORDS
)

// Next implements write.Cells.
func (l *loadedCells) Next() ([]write.Cell, error) {
	if failure := l.writing.failed(); failure != nil {
		return nil, failure
	}
	if err := l.ctx.Err(); err != nil {
		return nil, context.Cause(l.ctx)
	}
	fields, err := l.reader.Next()
	if err != nil || fields == nil {
		return nil, err
	}
	l.row++
	if err := l.fit(len(fields)); err != nil {
		return nil, err
	}
	cells := make([]write.Cell, 0, l.columns+len(l.set))
	for i, variable := range l.fields {
		if i >= len(fields) && variable == "" {
			cells = append(cells, write.Cell{Default: true})
			continue
		}
		field := write.Field{Null: true}
		if i < len(fields) {
			field = fields[i]
		}
		if l.decode != nil && !field.Null {
			text, ok := l.decode(field.Text)
			if !ok {
				return nil, sqlerr.New(sqlerr.Errno(1300), "Invalid character string at row %d", l.row) // ER_INVALID_CHARACTER_STRING
			}
			field.Text = text
		}
		if variable != "" {
			if err := l.assign(variable, field); err != nil {
				return nil, err
			}
			continue
		}
		cells = append(cells, write.Cell{Value: types.Value{Str: field.Text, Null: field.Null}, Type: loadedText})
	}
	return append(cells, l.set...), nil
}

// fit says that a row has other fields than the statement: an error in strict mode without IGNORE, which LOCAL implies. Each column that gets none is
// one, and a variable is NULL then.
func (l *loadedCells) fit(fields int) error {
	if fields > len(l.fields) {
		return l.unfit(tooManyFields, "Row %d was truncated; it contained more data than there were input columns")
	}
	for _, variable := range l.fields[fields:] {
		if variable != "" {
			continue
		}
		if err := l.unfit(tooFewFields, "Row %d doesn't contain data for all columns"); err != nil {
			return err
		}
	}
	return nil
}

func (l *loadedCells) unfit(errno int, message string) error {
	failure := sqlerr.New(sqlerr.Errno(uint16(errno)), message, l.row)
	if l.writing.strict {
		return failure
	}
	l.writing.say("Warning", errno, failure.Message)
	return nil
}

func (l *loadedCells) assign(variable string, field write.Field) error {
	var value any
	if !field.Null {
		value = field.Text
	}
	return l.session.SetUserVariable(l.ctx, variable, value, gmstypes.LongText)
}
