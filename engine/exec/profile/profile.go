package profile

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/axiomhq/hyperloglog"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Profile gathers the rows of a table. It belongs to one goroutine.
type Profile struct {
	columns []*column
	rows    int64
	sample  sample
}

// New returns a profile of no rows, whose sample takes at most so many bytes; 0: as many as it likes, which are not many.
func New(columns []types.Type, most int64) (*Profile, error) {
	if most <= 0 || most > mostBytes {
		most = mostBytes
	}
	p := &Profile{sample: newSample(len(columns), mostSampled, most)}
	for _, t := range columns {
		c, err := newColumn(t)
		if err != nil {
			return nil, err
		}
		p.columns = append(p.columns, c)
	}
	return p, nil
}

// Add gathers the rows of a batch, which has the columns of the profile.
func (p *Profile) Add(batch arrow.RecordBatch) error {
	for i, c := range p.columns {
		if err := c.add(batch.Column(i)); err != nil {
			return err
		}
	}
	p.sample.add(batch)
	p.rows += batch.NumRows()
	return nil
}

// Rows returns how many rows were added.
func (p *Profile) Rows() int64 { return p.rows }

// Bytes returns the memory in use.
func (p *Profile) Bytes() int64 {
	n := p.sample.bytes
	for _, c := range p.columns {
		n += sketchBytes
		if c.low != nil {
			n += c.low.Bytes() + c.high.Bytes()
		}
	}
	return n
}

// What the registers of a sketch take, and by how much what it says is wrong at most, but for one time in a thousand.
const (
	sketchBytes = 16 << 10
	sketchError = 0.03
)

// Column returns the statistics of a column, with at most so many common values and parts of the histogram.
func (p *Profile) Column(i, buckets int) (plan.ColumnStatistics, error) {
	c := p.columns[i]
	s := plan.ColumnStatistics{Known: true}
	if p.rows > 0 {
		s.NullFrac = float64(c.nulls) / float64(p.rows)
	}
	present := float64(p.rows - c.nulls)
	s.Distinct = math.Min(float64(c.sketch.Estimate()), present)
	if c.typ.IsString() && present > 0 {
		s.Width = math.Ceil(float64(c.text)/present) + offsetBytes
	}
	var err error
	if s.Min, s.Max, s.HasRange, err = c.extremes(); err != nil {
		return plan.ColumnStatistics{}, err
	}
	values := p.sample.values(i, c.typ)
	seen := float64(len(values.runs))
	if values.wide == 0 && (int64(p.sample.rows()) == p.rows || len(values.runs) <= buckets && seen > (1-sketchError)*s.Distinct) {
		s.Distinct = seen // the sample has all of them, and does not guess
	}
	s.Common, s.Bounds = values.spread(&s, buckets)
	return s, nil
}

// offsetBytes is what a text takes in a vector beside its bytes.
const offsetBytes = 4

// column gathers the values of one column.
type column struct {
	typ       types.Type
	key       *rowkey.Encoder
	sketch    *hyperloglog.Sketch
	nulls     int64
	text      int64           // bytes of strings
	low, high agg.Accumulator // nil: of the type nobody asks for the least
}

func newColumn(t types.Type) (*column, error) {
	c := &column{typ: t, key: rowkey.NewEncoder([]rowkey.Field{rowkey.Of(t, nil)}), sketch: hyperloglog.NewNoSparse()}
	if !ordered(t) {
		return c, nil
	}
	for f, acc := range map[plan.AggFunc]*agg.Accumulator{plan.Min: &c.low, plan.Max: &c.high} {
		made, err := agg.New(agg.Spec{Func: f, Args: []types.Type{t}, Result: t})
		if err != nil {
			return nil, err
		}
		made.Grow(1)
		*acc = made
	}
	return c, nil
}

// ordered reports a type that is ordered like numbers, which has a range and a histogram.
func ordered(t types.Type) bool { return t.IsNumeric() || t.IsTemporal() }

func (c *column) add(a arrow.Array) error {
	n := a.Len()
	if n == 0 {
		return nil
	}
	if c.typ.Kind == types.Null {
		c.nulls += int64(n)
		return nil
	}
	c.nulls += int64(a.NullN())
	if c.typ.IsString() {
		c.text += textBytes(a)
	}
	c.key.Encode([]arrow.Array{a}, n)
	for i, h := range c.key.Hash() {
		if a.IsValid(i) {
			c.sketch.InsertHash(scattered(h))
		}
	}
	if c.low == nil {
		return nil
	}
	for _, acc := range []agg.Accumulator{c.low, c.high} {
		if err := acc.Update(nil, []arrow.Array{a}, n); err != nil {
			return err
		}
	}
	return nil
}

// scattered makes every bit of a hash as good as any other (MurmurHash3's finalizer), as a sketch wants them: those of hash
// tables need not be.
func scattered(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// extremes returns the least and the greatest value, if there is any.
func (c *column) extremes() (least, most types.Value, ok bool, err error) {
	if c.low == nil {
		return types.Value{}, types.Value{}, false, nil
	}
	if least, err = only(c.low); err != nil {
		return types.Value{}, types.Value{}, false, err
	}
	if most, err = only(c.high); err != nil || least.Null {
		return types.Value{}, types.Value{}, false, err
	}
	return least, most, true, nil
}

// only returns the value of the one group of an accumulator.
func only(acc agg.Accumulator) (types.Value, error) {
	a, err := acc.Result(memory.DefaultAllocator, 0, 1)
	if err != nil {
		return types.NullValue, err
	}
	defer a.Release()
	return kernel.ValueAt(a, 0), nil
}

// textBytes is the length of all texts of a vector.
func textBytes(a arrow.Array) int64 {
	b, ok := a.(interface{ ValueBytes() []byte })
	if !ok {
		return 0
	}
	return int64(len(b.ValueBytes()))
}
