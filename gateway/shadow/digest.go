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
	nulls uint64 // a sum of hashes of the rows where it is NULL
	sum   [2]float64
	most  [2]float64 // that the sums of right answers differ by: of a reference, which has magnitudes
}

// equal reports whether two answers are the same as far as a reference can tell, which may be one of them.
func (reference digest) equal(a, b digest) bool {
	if a.rows != b.rows || a.sums != b.sums || a.order != b.order {
		return false
	}
	for i, known := range reference.near {
		if !known.equal(a.near[i], b.near[i]) {
			return false
		}
	}
	return true
}

// equal compares nothing where nothing is known of how much may be wrong, or that is beyond what DOUBLE holds.
func (reference near) equal(a, b near) bool {
	for i, most := range reference.most {
		if math.IsInf(most, 0) || math.IsNaN(most) {
			return true
		}
		if math.Abs(a.sum[i]-b.sum[i]) > most {
			return false
		}
	}
	return a.nulls == b.nulls
}

// digester digests the batches of an answer as they come.
type digester struct {
	digest
	wholeAt, nearAt, keysAt []int // columns
	magnitudes              []int // of the near columns; nil: it is no reference
	whole, keys             *rowkey.Encoder
	columns                 []arrow.Array
}

// newDigester makes a digester of answers with some columns. Those of a reference have magnitudes, at some positions behind them
// (engine.Prepared.Reference). It fails for a collation that is not known.
func newDigester(cols plan.Schema, c optimize.Comparison, magnitudes []int, weights exec.Weights) (*digester, error) {
	fields, err := build.RowKeys(cols[:len(c.Near)], weights)
	if err != nil {
		return nil, err
	}
	d := &digester{keysAt: c.Order}
	var whole, keys []rowkey.Field
	for i, f := range fields {
		if c.Near[i] {
			d.nearAt = append(d.nearAt, i)
			most := [2]float64{}
			if magnitudes != nil {
				d.magnitudes = append(d.magnitudes, magnitudes[i])
				if magnitudes[i] < 0 {
					most[0] = math.Inf(1)
				}
			}
			d.near = append(d.near, near{most: most})
		} else {
			d.wholeAt, whole = append(d.wholeAt, i), append(whole, f)
		}
	}
	for _, i := range c.Order {
		keys = append(keys, fields[i])
	}
	d.whole, d.keys = rowkey.NewEncoder(whole), rowkey.NewEncoder(keys)
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
		var magnitudes arrow.Array
		if d.magnitudes != nil && d.magnitudes[i] >= 0 {
			magnitudes = batch.Column(d.magnitudes[i])
		}
		d.near[i].add(batch.Column(at), magnitudes, hashes)
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

// add adds the values of rows with some hashes, and how much they may be wrong.
func (a *near) add(values, magnitudes arrow.Array, hashes []uint64) {
	for i, h := range hashes {
		if values.IsNull(i) {
			a.nulls += scatter(h)
			continue
		}
		weight := 1 + float64(h>>11)/(1<<53)
		v := weight * double(values, i)
		a.sum[0] += v
		a.sum[1] += v * math.Abs(v)
		if magnitudes == nil {
			continue
		}
		wrong := tolerance * max(weight*double(magnitudes, i), math.Abs(v))
		a.most[0] += wrong
		a.most[1] += wrong * (2*math.Abs(v) + wrong)
	}
}

func double(values arrow.Array, i int) float64 {
	if values, ok := values.(*array.Float32); ok {
		return float64(values.Value(i))
	}
	return values.(*array.Float64).Value(i)
}

// scatter is another hash of a hash.
func scatter(h uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}
