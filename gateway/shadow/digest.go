package shadow

import (
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
)

// tolerance is what sums of DOUBLE may differ by, as a part of the magnitudes that are added up.
const tolerance = 1e-9

// digest is an answer as far as it is compared.
type digest struct {
	rows  int64
	sums  [2]uint64 // of two hashes of each row, without the near columns
	order uint64    // of the first keys of the order, in their sequence
	near  []near
}

// near is a column of which the last digits do not matter: sums of its values, and of their squares with their signs, each
// times a number from 1 to 2 that the rest of its row makes.
type near struct {
	nulls      uint64 // a sum of hashes of the rows where it is NULL
	sum        [2]float64
	magnitudes [2]float64
}

func (d digest) equal(o digest) bool {
	if d.rows != o.rows || d.sums != o.sums || d.order != o.order {
		return false
	}
	for i, a := range d.near {
		if b := o.near[i]; !a.equal(b) {
			return false
		}
	}
	return true
}

func (a near) equal(b near) bool {
	for i := range a.sum {
		most := tolerance * max(a.magnitudes[i], b.magnitudes[i])
		if !math.IsInf(most, 0) && math.Abs(a.sum[i]-b.sum[i]) > most { // beyond what DOUBLE holds nothing is known
			return false
		}
	}
	return a.nulls == b.nulls
}

// digester digests the batches of an answer as they come.
type digester struct {
	digest
	wholeAt, nearAt, keysAt []int // columns
	whole, keys             *rowkey.Encoder
	columns                 []arrow.Array
}

// newDigester makes a digester of answers with some columns. It fails for a collation that is not known.
func newDigester(cols plan.Schema, c optimize.Comparison, weights exec.Weights) (*digester, error) {
	fields, err := build.RowKeys(cols, weights)
	if err != nil {
		return nil, err
	}
	d := &digester{keysAt: c.Order}
	var whole, keys []rowkey.Field
	for i, f := range fields {
		if c.Near[i] {
			d.nearAt = append(d.nearAt, i)
		} else {
			d.wholeAt, whole = append(d.wholeAt, i), append(whole, f)
		}
	}
	for _, i := range c.Order {
		keys = append(keys, fields[i])
	}
	d.whole, d.keys = rowkey.NewEncoder(whole), rowkey.NewEncoder(keys)
	d.near = make([]near, len(d.nearAt))
	return d, nil
}

// add digests a batch, which is borrowed.
func (d *digester) add(batch arrow.RecordBatch) {
	n := int(batch.NumRows())
	d.rows += int64(n)
	d.whole.Encode(d.pick(batch, d.wholeAt), n)
	hashes := d.whole.Hash()
	for _, h := range hashes {
		d.sums[0] += h
		d.sums[1] += scatter(h)
	}
	for i, at := range d.nearAt {
		d.near[i].add(batch.Column(at), hashes)
	}
	if len(d.keysAt) == 0 {
		return
	}
	d.keys.Encode(d.pick(batch, d.keysAt), n)
	for _, h := range d.keys.Hash() {
		d.order = scatter(d.order) + h
	}
}

func (d *digester) pick(batch arrow.RecordBatch, at []int) []arrow.Array {
	d.columns = d.columns[:0]
	for _, i := range at {
		d.columns = append(d.columns, batch.Column(i))
	}
	return d.columns
}

// add adds the values of rows with some hashes.
func (a *near) add(values arrow.Array, hashes []uint64) {
	for i, h := range hashes {
		if values.IsNull(i) {
			a.nulls += scatter(h)
			continue
		}
		v := 0.0
		switch values := values.(type) {
		case *array.Float64:
			v = values.Value(i)
		case *array.Float32:
			v = float64(values.Value(i))
		}
		v *= 1 + float64(h>>11)/(1<<53)
		for k, x := range []float64{v, v * math.Abs(v)} {
			a.sum[k] += x
			a.magnitudes[k] += math.Abs(x)
		}
	}
}

// scatter is another hash of a hash.
func scatter(h uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}
