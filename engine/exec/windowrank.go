package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/plan"
)

// rankEval computes the functions of a row's place in its partition.
type rankEval struct {
	rt    *Runtime
	f     WindowFunc
	dense uint64
	ints  []uint64
	reals []float64
}

func (e *rankEval) width() int64 { return 0 }

func (e *rankEval) eval(_ context.Context, c *windowChunk) (arrow.Array, error) {
	e.ints, e.reals = e.ints[:0], e.reals[:0]
	switch e.f.Func {
	case plan.RowNumber:
		for i, first := range c.first {
			e.ints = append(e.ints, uint64(c.start+int64(i)-first+1))
		}
	case plan.Rank:
		for i, first := range c.first {
			e.ints = append(e.ints, uint64(c.firstPeer[i]-first+1))
		}
	case plan.DenseRank:
		e.denseRank(c)
	case plan.Ntile:
		e.ntile(c)
	case plan.PercentRank:
		for i, end := range c.ends() {
			v := 0.0
			if rows := end - c.first[i]; rows > 1 {
				v = float64(c.firstPeer[i]-c.first[i]) / float64(rows-1)
			}
			e.reals = append(e.reals, v)
		}
	case plan.CumeDist:
		ends := c.ends()
		for i, peers := range c.peerEnds() {
			e.reals = append(e.reals, float64(peers-c.first[i])/float64(ends[i]-c.first[i]))
		}
	}
	if len(e.reals) > 0 {
		b := array.NewFloat64Builder(e.rt.Mem)
		defer b.Release()
		b.AppendValues(e.reals, nil)
		return b.NewArray(), nil
	}
	b := array.NewUint64Builder(e.rt.Mem)
	defer b.Release()
	b.AppendValues(e.ints, nil)
	return b.NewArray(), nil
}

func (e *rankEval) denseRank(c *windowChunk) {
	for _, f := range c.flags {
		switch {
		case f&newPartition != 0:
			e.dense = 1
		case f != 0:
			e.dense++
		}
		e.ints = append(e.ints, e.dense)
	}
}

// ntile deals the rows of a partition out to groups, of which the first have one row more if it does not come out even.
func (e *rankEval) ntile(c *windowChunk) {
	for i, end := range c.ends() {
		at, rows := c.start+int64(i)-c.first[i], end-c.first[i]
		size, larger := rows/e.f.Count, rows%e.f.Count
		if at < larger*(size+1) {
			e.ints = append(e.ints, uint64(at/(size+1)+1))
		} else {
			e.ints = append(e.ints, uint64(larger+(at-larger*(size+1))/size+1))
		}
	}
}

func (e *rankEval) release() {}
