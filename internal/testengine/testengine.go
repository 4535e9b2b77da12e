// Package testengine gives the conformance tests of connectors the engine's executor, which connectors do not import.
package testengine

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// weights returns the sort-key function of a collation, nil if there is none.
func weights(id types.Collation) exec.WeightFunc {
	c, ok := collation.Of(id)
	if !ok {
		return nil
	}
	return func(dst, text []byte) []byte { return c.AppendKey(dst, string(text)) }
}

// Evaluate runs a placed plan of one source as one statement. It is a conntest.Suite's Evaluate.
func Evaluate(ctx context.Context, root plan.Node, with conntest.Evaluation) (batches []arrow.RecordBatch, err error) {
	tx := &connectors.Tx{}
	defer func() { err = errors.Join(err, tx.Close()) }()
	only := func(plan.Site) *connectors.Tx { return tx }
	if err := connectors.Admit(ctx, root, only, func(plan.Site) {}); err != nil {
		return nil, err
	}
	streams, err := build.Build(root, build.Config{
		Allocator: with.Memory, Env: with.Env, Parallelism: with.Parallel, Tx: only, Weights: weights,
	})
	if err != nil {
		return nil, err
	}
	all := exec.Gather(streams)
	defer func() { err = errors.Join(err, all.Close()) }()
	for {
		batch, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return batches, nil
		}
		if err != nil {
			return batches, err
		}
		batches = append(batches, batch)
	}
}
