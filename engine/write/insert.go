package write

import (
	"errors"
	"slices"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// Column is a column that an INSERT fills.
type Column struct {
	store.Column
	// Default is what it holds where a row does not say: Constant, or the value of a term. Without either that is NULL, or an error.
	Default   *Term
	Constant  *types.Value // as the column holds it
	Generated *Term
	Auto      bool // AUTO_INCREMENT
}

// Cell is what a row of an INSERT gives a column.
type Cell struct {
	Value types.Value
	Type  types.Type
	// Default says that it is DEFAULT.
	Default bool
	// Compute returns what is given where that is no constant; values are those of the columns, of which the ones before have been filled.
	Compute func(values []types.Value) (types.Value, error)
}

// Cells are the rows that come to an INSERT.
type Cells interface {
	// Next returns the next row, which is good until the next call; nil: there is none.
	Next() ([]Cell, error)
}

// Policy says what becomes of a row that has a key that another row has.
type Policy uint8

// The policies.
const (
	Refuse  Policy = iota
	Replace        // the other row goes
	Amend          // ON DUPLICATE KEY UPDATE: the other row is changed
)

// Insert is an INSERT or REPLACE.
type Insert struct {
	Table   Table
	Columns []Column
	Listed  []int // the columns that rows give, in their order
	Rows    Cells
	Rules   *store.Rules
	Policy  Policy
	Ignore  bool       // rows that can't be written are left out, with a warning
	Amend   *Amendment // of a Policy that is one
	Checks  []CheckTerm
	// ZeroIsZero says that 0 is a value of an AUTO_INCREMENT column like any other (NO_AUTO_VALUE_ON_ZERO).
	ZeroIsZero bool
	// FoundRows counts rows that an amendment did not change (CLIENT_FOUND_ROWS).
	FoundRows bool

	out   Outcome
	fresh []types.Value // of a row before it is given any
	cell  []int         // of a row, that a column gets, the last one; -1: it gets none
	given bool          // the row gives the AUTO_INCREMENT column a value
	early bool          // generated columns are computed before defaults that read them, too
	spare uint64        // the AUTO_INCREMENT value of a row that was left out, which the next one gets; 0: there is none
}

// CheckTerm is a CHECK constraint over the values of a row.
type CheckTerm struct {
	Name string
	Term *Term
}

// Run inserts.
func (s *Insert) Run() (Outcome, error) {
	s.cell = slices.Repeat([]int{-1}, len(s.Columns))
	for i, at := range s.Listed {
		s.cell[at] = i
	}
	s.early = s.readsGenerated()
	if err := s.begin(); err != nil {
		return s.out, err
	}
	for {
		cells, err := s.Rows.Next()
		if err != nil || cells == nil {
			return s.out, err
		}
		s.Rules.Row++
		s.out.Rows++
		if err := s.insert(cells); err != nil {
			if !s.Ignore || !ignorable(err) {
				return s.out, err
			}
			warn(s.Rules, err)
			s.out.Doubles++
		}
	}
}

// begin notes what a row has before it is given anything, which expressions may read (MySQL 8.0 Reference Manual, 15.2.7): constant
// defaults, the implicit ones (13.6) of columns that can't be NULL and have no other, 0 of one that numbers itself. The zero date, which no column can hold, is NULL.
func (s *Insert) begin() (err error) {
	s.fresh = make([]types.Value, len(s.Columns))
	var lenient store.Rules
	for i := range s.Columns {
		switch c := &s.Columns[i]; {
		case c.Constant != nil:
			s.fresh[i] = *c.Constant
		case c.NotNull && c.Generated == nil && (c.Type.Kind == types.Time || !c.Type.IsTemporal()):
			s.fresh[i], err = lenient.Missing(&c.Column)
		default:
			s.fresh[i] = types.NullValue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Insert) insert(cells []Cell) error {
	row, err := s.fill(cells)
	if err != nil {
		return err
	}
	generated, err := s.number(row)
	if err == nil {
		err = s.complete(row)
	}
	if err != nil {
		return err
	}
	for {
		err := s.Table.Insert(row)
		var double *Duplicate
		switch {
		case err == nil:
			s.out.Affected++
			s.told(row, generated)
			s.spare = 0
			return nil
		case !errors.As(err, &double):
			return err
		case s.Policy == Replace:
			gone, err := s.Table.Delete(Row{Values: double.Existing})
			if err == nil && !gone { // else there were no end to it
				err = sqlerr.New(sqlerr.Internal, "the row with the key %s could not be replaced", double.Key)
			}
			if err != nil {
				return err
			}
			s.out.Affected++
			s.out.Doubles++
		case s.Policy == Amend:
			s.spare = 0
			return s.amend(double.Existing, row, cells)
		default:
			return err
		}
	}
}

// fill gives the columns what a row says: what the row lists from the left to the right, then what is computed of that.
func (s *Insert) fill(cells []Cell) ([]types.Value, error) {
	row := slices.Clone(s.fresh)
	s.given = false
	for i, at := range s.Listed {
		c, cell := &s.Columns[at], &cells[i]
		if cell.Default {
			continue
		}
		v, err := cell.Value, error(nil)
		if cell.Compute != nil {
			v, err = cell.Compute(row)
		}
		if err == nil {
			row[at], err = s.assigned(v, cell.Type, c)
		}
		if err != nil {
			return nil, err
		}
	}
	for at := range s.Columns {
		if s.early && s.Columns[at].Generated != nil {
			if err := s.generate(row, at); err != nil {
				return nil, err
			}
		}
		if i := s.cell[at]; i < 0 || cells[i].Default {
			if err := s.omitted(row, at); err != nil {
				return nil, err
			}
		}
	}
	return row, nil
}

// readsGenerated reports whether a default is computed of a generated column, which is one before it then.
func (s *Insert) readsGenerated() bool {
	return slices.ContainsFunc(s.Columns, func(c Column) bool {
		return c.Default != nil && slices.ContainsFunc(c.Default.reads, func(at int) bool { return s.Columns[at].Generated != nil })
	})
}

// assigned is a value as a column holds it. NULL is none yet of a column that numbers itself, which reads 0 until it has one.
func (s *Insert) assigned(v types.Value, from types.Type, c *Column) (types.Value, error) {
	if c.Auto {
		if s.given = !v.Null; v.Null {
			return types.Value{}, nil
		}
	}
	return s.Rules.Assign(v, from, &c.Column)
}

// omitted gives a column its default.
func (s *Insert) omitted(row []types.Value, at int) (err error) {
	c := &s.Columns[at]
	switch {
	case c.Constant != nil, c.Generated != nil, c.Auto:
		return nil
	case c.Default != nil:
		row[at], err = c.Default.Of(row)
		if err == nil {
			row[at], err = s.Rules.Assign(row[at], c.Default.Type, &c.Column)
		}
	case c.NotNull:
		row[at], err = s.Rules.Omitted(&c.Column)
	}
	return err
}

// number gives an AUTO_INCREMENT column its value.
func (s *Insert) number(row []types.Value) (generated bool, err error) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if !c.Auto {
			continue
		}
		zero := row[i].Int == 0 && row[i].Float == 0
		if s.given && (!zero || s.ZeroIsZero) {
			return false, nil
		}
		if s.spare == 0 {
			s.spare = s.Table.TakeAutoIncrement()
		}
		own := c.Column
		strict := store.Rules{Strict: true, Location: s.Rules.Location, Row: s.Rules.Row}
		if row[i], err = strict.Store(types.UintValue(s.spare), types.Of(types.Uint64), &own); err != nil {
			err = sqlerr.New(sqlerr.Errno(1467), "Failed to read auto-increment value from storage engine") // ER_AUTOINC_READ_FAILED
		}
		return true, err
	}
	return false, nil
}

// complete computes the generated columns and tests the checks.
func (s *Insert) complete(row []types.Value) error {
	for at := range s.Columns {
		if s.Columns[at].Generated != nil {
			if err := s.generate(row, at); err != nil {
				return err
			}
		}
	}
	return holds(s.Checks, row)
}

func (s *Insert) generate(row []types.Value, at int) error {
	c := &s.Columns[at]
	v, err := c.Generated.Of(row)
	if err == nil {
		row[at], err = s.Rules.Assign(v, c.Generated.Type, &c.Column)
	}
	return err
}

func holds(checks []CheckTerm, values []types.Value) error {
	for _, c := range checks {
		v, err := c.Term.Of(values)
		if err == nil {
			err = violated(c.Name, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// told keeps what the client hears of the row's AUTO_INCREMENT value.
func (s *Insert) told(row []types.Value, generated bool) {
	at := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Auto })
	switch {
	case at < 0:
	case generated && s.out.Generated == 0:
		s.out.Generated = uint64(row[at].Int)
	case !generated:
		s.out.Given = uint64(row[at].Int)
	}
}
