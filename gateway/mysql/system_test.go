package mysql

import (
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/information_schema"

	"github.com/silogate/silogate/catalog/infoschema"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
)

// TestDeclaredAsElsewhere compares the declared tables of information_schema with go-mysql-server's.
func TestDeclaredAsElsewhere(t *testing.T) {
	// The differences, with MySQL's manual on this side.
	exempt := map[string]string{
		"TABLES.CREATE_TIME":               "is not known here",
		"PARTITIONS.CREATE_TIME":           "is not known here",
		"VIEW_ROUTINE_USAGE.SPECIFIC_NAME": "is SPECIFIC_TABLE there",
		"TRIGGERS.TRIGGER_NAME":            "is longer there",
		"FILES.TABLE_CATALOG":              "is CHAR(0) there",
		"SILOGATE_LISTINGS":                "is this gateway's own",
	}
	ctx := sql.NewEmptyContext()
	theirs := information_schema.NewInformationSchemaDatabase()
	for _, own := range infoschema.New(nil).Tables(infoschema.Information) {
		if exempt[own.Name.Name] != "" {
			continue
		}
		other, ok, err := theirs.GetTableInsensitive(ctx, own.Name.Name)
		if err != nil || !ok {
			t.Errorf("%s is not there: %v", own.Name.Name, err)
			continue
		}
		schema := other.Schema(ctx)
		if len(schema) != len(own.Columns) {
			t.Errorf("%s has %d columns, there %d", own.Name.Name, len(own.Columns), len(schema))
			continue
		}
		for i, c := range own.Columns {
			name := own.Name.Name + "." + c.Name
			if exempt[name] != "" {
				continue
			}
			typ, err := bind.FromGMS(schema[i].Type)
			if err != nil {
				t.Error(err)
			}
			if typ.Kind == types.Binary {
				typ.Length = 1 // see infoschema
			}
			got, want := types.Declare(c.Type), types.Declare(typ)
			if typ.Kind == types.Set {
				got, want = types.Declaration{}, types.Declaration{} // whose members are in another order
			}
			if !strings.EqualFold(c.Name, schema[i].Name) || got != want || c.Nullable != schema[i].Nullable {
				t.Errorf("%s is %+v, NULL %v; there %s %+v, NULL %v", name, got, c.Nullable, schema[i].Name, want, schema[i].Nullable)
			}
		}
	}
}
