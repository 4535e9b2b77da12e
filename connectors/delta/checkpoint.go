package delta

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// actionColumns are the columns of a checkpoint that matter to readers: what was removed, for one, is only kept there for VACUUM. Package lake reads them as
// JSON, so that a row of a checkpoint is decoded as a line of a commit is.
var actionColumns = []struct {
	column lake.DeclaredColumn
	field  func(*action) any
}{
	{actionColumn("add"), func(a *action) any { return &a.Add }},
	{actionColumn("metaData"), func(a *action) any { return &a.MetaData }},
	{actionColumn("protocol"), func(a *action) any { return &a.Protocol }},
	{actionColumn("sidecar"), func(a *action) any { return &a.Sidecar }},
}

func actionColumn(name string) lake.DeclaredColumn {
	return lake.DeclaredColumn{
		Names: []string{name}, Default: types.NullValue,
		TableColumn: plan.TableColumn{Name: name, Type: types.Of(types.JSON), Nullable: true, Native: "struct"},
	}
}

// readCheckpoint applies the actions of a checkpoint, and of the files that it names.
func (s *source) readCheckpoint(ctx context.Context, folder string, c *checkpoint, r *replay) error {
	if key := c.files[0].Key; strings.HasSuffix(key, ".json") {
		content, err := s.read(ctx, c.files[0], &connectors.Usage{})
		if err != nil {
			return err
		}
		if err := r.applyLines(content); err != nil {
			return s.within(err, key)
		}
	} else if err := s.readActions(ctx, folder, c.files, r); err != nil {
		return err
	}
	sidecars, err := sidecarFiles(folder, r.sidecars)
	if err != nil || len(sidecars) == 0 {
		return err
	}
	return s.readActions(ctx, folder, sidecars, r)
}

// sidecarFiles are the files that a checkpoint names. They all lie in one folder, whatever folders a path has.
func sidecarFiles(folder string, sidecars []sidecarAction) ([]blob.Object, error) {
	var out []blob.Object
	for _, sidecar := range sidecars {
		name, err := url.PathUnescape(sidecar.Path)
		if err != nil || sidecar.Size < 0 || blob.Base(name) == "" {
			return nil, sqlerr.New(sqlerr.Corrupt, "a checkpoint has the sidecar %q of %d bytes", sidecar.Path, sidecar.Size)
		}
		out = append(out, blob.Object{Key: folder + logFolder + sidecarFolder + blob.Base(name), Size: sidecar.Size})
	}
	return out, nil
}

// readActions applies the actions of Parquet files.
func (s *source) readActions(ctx context.Context, folder string, objects []blob.Object, r *replay) error {
	spec := s.spec(plan.TableName{})
	spec.Source, spec.Location = "", s.store.Location(folder+logFolder)
	list := make([]lake.File, len(objects))
	for i, o := range objects {
		list[i].Object = o
	}
	columns := make([]lake.DeclaredColumn, len(actionColumns))
	for i, c := range actionColumns {
		columns[i] = c.column
	}
	all := func(context.Context, lake.Predicate, *connectors.Usage) ([]lake.File, error) { return list, nil }
	table := lake.Declared{Columns: columns, ByName: true, Plan: all}
	return lake.ReadDeclared(ctx, spec, table, &connectors.Usage{}, func(b arrow.RecordBatch) error {
		for i, c := range actionColumns {
			rows, ok := b.Column(i).(*array.String)
			if !ok {
				continue // nothing but NULL
			}
			if err := applyColumn(rows, c.field, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// applyColumn applies the actions of a column.
func applyColumn(rows *array.String, field func(*action) any, r *replay) error {
	for i := range rows.Len() {
		if rows.IsNull(i) {
			continue
		}
		var a action
		if err := json.Unmarshal([]byte(rows.Value(i)), field(&a)); err != nil {
			return sqlerr.Wrap(sqlerr.Corrupt, err, "a checkpoint")
		}
		if err := r.apply(a); err != nil {
			return err
		}
	}
	return nil
}
