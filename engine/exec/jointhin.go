package exec

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// thinner leaves out rows of a build side that equal earlier ones, as the results of joins that ask only whether a row has
// a match do not depend on how often. It remembers as many distinct rows as a partial table of an aggregate, and gives up
// where that is not worth its time, so some that are equal remain.
type thinner struct {
	rt     *Runtime
	asm    *assembler
	enc    *rowkey.Encoder
	groups *rowkey.Groups
	memory tally
	rows   int64 // since the groups were last forgotten
	gids   []int32
	fresh  []int32
}

// newThinner returns the thinner for one stream of the build side; nil: every row counts.
func (r *joinRun) newThinner(terms JoinTerms) *thinner {
	if !r.spec.reduces() || r.spec.BuildLeft {
		return nil
	}
	computes := terms.Residual != nil || terms.In != nil
	for _, k := range terms.BuildKeys {
		computes = computes || k.Eval != nil
	}
	fields := make([]rowkey.Field, len(r.spec.Build))
	for i, c := range r.spec.Build {
		if computes && c.Type.IsFloat() {
			return nil // 0 and -0 are equal, but not what is computed of them
		}
		fields[i] = rowkey.Of(c.Type, nil)
	}
	return &thinner{
		rt: r.rt, asm: newAssembler(r.spec.Build), enc: rowkey.NewEncoder(fields), groups: rowkey.NewGroups(),
		memory: tally{res: r.res},
	}
}

// thin returns a borrowed batch without rows that it knows; the caller releases it. It returns false when no more batches
// should be given to it.
func (t *thinner) thin(batch arrow.RecordBatch) (_ arrow.RecordBatch, more bool, err error) {
	rows := int(batch.NumRows())
	t.enc.Encode(batch.Columns(), rows)
	t.gids = resize(t.gids, rows)
	t.fresh = t.groups.Find(t.enc, t.gids, t.fresh[:0])
	t.rows += int64(rows)
	bytes := t.groups.Bytes() + t.enc.Bytes()
	more = t.memory.set(bytes) == nil
	if more && (t.groups.Len() >= partialGroups || bytes > pieceBytes) {
		more = reduces(t.groups.Len(), t.rows)
		t.groups, t.rows = rowkey.NewGroups(), 0
	}
	if len(t.fresh) == rows {
		batch.Retain()
		return batch, more, nil
	}
	out, err := takeBatch(t.rt.Mem, t.asm, batch, t.fresh)
	return out, more, err
}

func (t *thinner) release() { t.memory.free() }
