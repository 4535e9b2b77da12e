package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

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
