package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// sideWidths are the bytes of the rows of one side in a list of output columns.
type sideWidths struct {
	rowWidths
	most int64 // of any row
}

func widthsOfSide(list []JoinColumn, side Side, batch arrow.RecordBatch) sideWidths {
	var cols []arrow.Array
	for _, c := range list {
		if c.Side == side {
			cols = append(cols, batch.Column(c.At))
		}
	}
	w := widthsOf(cols)
	return sideWidths{w, w.most(int(batch.NumRows()))}
}

// pairLimit is how many pairs are looked for at once: what a residual reads of them is made before any is dropped.
func (p *prober) pairLimit() int {
	limit := p.run.rt.batchRows()
	if p.terms.Residual == nil && p.terms.In == nil {
		return limit
	}
	width := p.pairWidths.most + p.table.pairs.most
	return max(1, int(min(int64(limit), outputBytes/max(width, 1))))
}

// emitFound makes the result of the first of the pairs that were found: as many as a batch may have bytes.
func (p *prober) emitFound() (arrow.RecordBatch, error) {
	left, right := p.foundLeft, p.foundRight
	n := len(left)
	if int64(n)*(p.outWidths.most+p.table.out.most) > outputBytes {
		n = 1
		for size := p.pairBytes(0); n < len(left); n++ {
			if size += p.pairBytes(n); size > outputBytes {
				break
			}
		}
	}
	p.foundLeft, p.foundRight = left[n:], right[n:]
	return p.emit(left[:n], right[:n])
}

// pairBytes is what found pair i takes in the result.
func (p *prober) pairBytes(i int) int64 {
	return p.outWidths.of(p.foundLeft[i]) + p.table.out.of(p.foundRight[i])
}

// emit makes the result of pairs of rows.
func (p *prober) emit(left, right []int32) (arrow.RecordBatch, error) {
	cols, err := p.columns(p.spec.Output, left, right, nil)
	if err != nil {
		return nil, err
	}
	return p.out.batch(cols, len(left)), nil
}

// emitSide makes the result of rows of one side alone; the other side's columns are NULL. The states are those of the
// rows, for a mark.
func (p *prober) emitSide(rows []int32, states []uint8, side Side) (arrow.RecordBatch, error) {
	left, right := rows, []int32(nil)
	if side == FromBuild {
		left, right = nil, rows
	}
	cols, err := p.columns(p.spec.Output, left, right, states)
	if err != nil {
		return nil, err
	}
	return p.out.batch(cols, len(rows)), nil
}

// columns gathers output columns: probe rows left and build rows right, NULL for a side without rows.
func (p *prober) columns(list []JoinColumn, left, right []int32, states []uint8) ([]arrow.Array, error) {
	whole := p.batch != nil && identity(left, int(p.batch.NumRows()))
	out := make([]arrow.Array, 0, len(list))
	for _, c := range list {
		var a arrow.Array
		var err error
		switch c.Side {
		case FromProbe:
			switch {
			case left == nil:
				a = kernel.Broadcast(p.run.rt.Mem, p.spec.Probe[c.At].Type, types.NullValue, len(right))
			case whole:
				a = p.batch.Column(c.At)
				a.Retain()
			default:
				a, err = kernel.Take(p.run.rt.Mem, p.batch.Column(c.At), left)
			}
		case FromBuild:
			if right == nil {
				a = kernel.Broadcast(p.run.rt.Mem, p.spec.Build[c.At].Type, types.NullValue, len(left))
			} else {
				a, err = kernel.Take(p.run.rt.Mem, p.table.batch.Column(c.At), right)
			}
		case FromMark:
			a = p.markColumn(states)
		}
		if err != nil {
			releaseArrays(out)
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// identity reports whether rows are 0 .. n-1.
func identity(rows []int32, n int) bool {
	if len(rows) != n {
		return false
	}
	for i, r := range rows {
		if int(r) != i {
			return false
		}
	}
	return true
}

// markColumn turns states into truth values.
func (p *prober) markColumn(states []uint8) arrow.Array {
	b := array.NewBooleanBuilder(p.run.rt.Mem)
	defer b.Release()
	b.Reserve(len(states))
	for _, s := range states {
		if s == unknown {
			b.UnsafeAppendBoolToBitmap(false)
		} else {
			b.UnsafeAppend(s == matched)
		}
	}
	return b.NewArray()
}
