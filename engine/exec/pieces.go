package exec

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
)

// pieces evaluates terms over a batch: over all of it, or, where that makes too much text, over halves of it, halves of
// these and so on. It is how every operator evaluates that can take a batch in parts, so that expressions need no more
// memory for many rows than for a few.
type pieces struct {
	mem   memory.Allocator
	terms []Term
	todo  []piece // the first rows last
}

// piece is rows of a batch with the values of the first terms.
type piece struct {
	batch arrow.RecordBatch
	done  []arrow.Array
}

func (p *piece) release() {
	p.batch.Release()
	releaseArrays(p.done)
}

// start begins with a borrowed batch. The one before has been taken in full or released.
func (p *pieces) start(batch arrow.RecordBatch) {
	batch.Retain()
	p.todo = append(p.todo, piece{batch: batch})
}

// next returns the next rows, in their order, with the values of the terms, all of which the caller releases; a nil batch
// at the end.
func (p *pieces) next() (arrow.RecordBatch, []arrow.Array, error) {
	for len(p.todo) > 0 {
		last := len(p.todo) - 1
		at := p.todo[last]
		p.todo = p.todo[:last]
		err := at.evaluate(p.mem, p.terms)
		if err == nil {
			return at.batch, at.done, nil
		}
		if errors.Is(err, expr.ErrTooWide) {
			half := at.batch.NumRows() / 2
			p.todo = append(p.todo, at.slice(half, at.batch.NumRows()), at.slice(0, half))
			err = nil
		}
		at.release()
		if err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, nil
}

func (p *pieces) release() {
	for _, at := range p.todo {
		at.release()
	}
	p.todo = nil
}

// evaluate computes the terms that are not done. Those that are need not be again where it fails with ErrTooWide.
func (p *piece) evaluate(mem memory.Allocator, terms []Term) error {
	var made int64
	for i, a := range p.done {
		made += terms[i].made(a)
	}
	for _, t := range terms[len(p.done):] {
		if made > expr.BatchText && p.batch.NumRows() > 1 {
			return expr.ErrTooWide
		}
		a, err := t.eval(mem, p.batch)
		if err != nil {
			return err
		}
		p.done = append(p.done, a)
		made += t.made(a)
	}
	return nil
}

// made is the bytes of text that were made for the term's values.
func (t Term) made(values arrow.Array) int64 {
	if _, text := values.DataType().(arrow.BinaryDataType); t.Eval == nil || !text {
		return 0
	}
	return arrayBytes(values)
}

func (p *piece) slice(from, to int64) piece {
	part := piece{batch: p.batch.NewSlice(from, to)}
	for _, a := range p.done {
		part.done = append(part.done, array.NewSlice(a, from, to))
	}
	return part
}

// eachEvaluated calls do with the pieces of a borrowed batch, which do borrows.
func eachEvaluated(mem memory.Allocator, terms []Term, batch arrow.RecordBatch, do func(piece arrow.RecordBatch, values []arrow.Array) error) error {
	p := pieces{mem: mem, terms: terms}
	defer p.release()
	p.start(batch)
	for {
		part, values, err := p.next()
		if part == nil || err != nil {
			return err
		}
		err = do(part, values)
		part.Release()
		releaseArrays(values)
		if err != nil {
			return err
		}
	}
}
