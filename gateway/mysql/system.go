package mysql

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/catalog/infoschema"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
)

// system is the databases that describe the gateway, for the binder.
type system struct {
	*infoschema.Databases
	server *Server
	own    []infoschema.OwnDatabase // what GMS keeps
}

func newSystem(v *Server) *system {
	return &system{Databases: infoschema.New(v.cfg.Catalog), server: v}
}

// open reads what tables GMS has, which stay the same.
func (s *system) open(ctx context.Context) error {
	sqlCtx := sql.NewContext(ctx)
	catalog := s.server.gms.Analyzer.Catalog
	for _, db := range []sql.Database{catalog.MySQLDb, catalog.InfoSchema} {
		own := infoschema.OwnDatabase{Name: db.Name(), Collation: types.Utf8mb4AI0900}
		if own.Name == infoschema.Information {
			own.Collation = types.Utf8mb3General
		}
		names, err := db.GetTableNames(sqlCtx)
		if err != nil {
			return err
		}
		if own.Name == infoschema.Grants {
			own.Tables = s.Databases.Tables(own.Name)
		}
		for _, name := range names {
			if s.Table(own.Name, name) != nil {
				continue
			}
			t, ok, err := db.GetTableInsensitive(sqlCtx, name)
			if err != nil {
				return err
			}
			if ok {
				own.Tables = append(own.Tables, describeOwn(sqlCtx, own.Name, t))
			}
		}
		s.own = append(s.own, own)
	}
	return nil
}

// describeOwn describes a table of GMS's. A column of a type that plans don't have is left out, as it can't be read either.
func describeOwn(ctx *sql.Context, db string, t sql.Table) *plan.Table {
	name := t.Name()
	if db == infoschema.Information {
		name = strings.ToUpper(name)
	}
	d := &plan.Table{Name: plan.TableName{Namespace: db, Name: name}}
	var primary []int
	for _, c := range t.Schema(ctx) {
		typ, err := bind.FromGMS(c.Type)
		if err != nil {
			continue
		}
		if c.PrimaryKey {
			primary = append(primary, len(d.Columns))
		}
		d.Columns = append(d.Columns, plan.TableColumn{Name: c.Name, Type: typ, Nullable: c.Nullable, Comment: c.Comment})
	}
	if primary != nil {
		d.Keys, d.Primary = [][]int{primary}, true
	}
	return d
}

// Source implements bind.System.
func (s *system) Source(ctx *sql.Context) connectors.Source {
	return s.Databases.Source(&viewer{system: s, ctx: ctx, rights: bind.GrantedTo(ctx, s.server.gms.Analyzer.Catalog.MySQLDb)})
}

var _ bind.System = (*system)(nil)

// viewer is the session that a statement is of.
type viewer struct {
	system *system
	ctx    *sql.Context
	rights bind.Granted
}

var _ infoschema.Viewer = (*viewer)(nil)

// User implements infoschema.Viewer.
func (v *viewer) User() string { return v.ctx.Client().User }

// SeesDatabase implements infoschema.Viewer.
func (v *viewer) SeesDatabase(db string) bool {
	return db == infoschema.Information || v.rights.Count() > 0 || v.rights.Database(db).HasPrivileges()
}

// SeesTable implements infoschema.Viewer.
func (v *viewer) SeesTable(db, table string) bool {
	if db == infoschema.Information || v.rights.Count() > 0 {
		return true
	}
	in := v.rights.Database(db)
	return in.Count() > 0 || in.Table(table).HasPrivileges()
}

// Privileges implements infoschema.Viewer.
func (v *viewer) Privileges(db, table string) func(string) []string {
	return bind.ColumnPrivileges(v.rights, db, table)
}

// Own implements infoschema.Viewer.
func (v *viewer) Own() []infoschema.OwnDatabase {
	all := slices.Clone(v.system.own)
	for _, db := range v.system.server.made.Databases(v.ctx) {
		own := infoschema.OwnDatabase{Name: db.Name(), Collation: types.Utf8mb4AI0900, Defined: make(map[string]*scratch.Definition)}
		if collated, ok := db.(sql.CollatedDatabase); ok {
			own.Collation = types.Collation(collated.GetCollation(v.ctx))
		}
		names, err := db.GetTableNames(v.ctx)
		for _, name := range names {
			var t sql.Table
			var ok bool
			if t, ok, err = db.GetTableInsensitive(v.ctx, name); err != nil {
				break
			}
			if stored, is := t.(bind.Stored); ok && is {
				own.Tables = append(own.Tables, stored.Describe(v.ctx))
				if made, ok := t.(scratchsql.Defined); ok {
					own.Defined[name] = made.Definition()
				}
			}
		}
		if err != nil {
			v.ctx.Warn(int(sqlerr.CodeOf(err).Identity().Errno), "database %s can't be listed: %s", db.Name(), err)
		}
		all = append(all, own)
	}
	return all
}

// Views implements infoschema.Viewer.
func (v *viewer) Views(db string) ([]infoschema.View, error) {
	kept, err := v.system.server.views.Views(v.ctx, db)
	var list []infoschema.View
	for _, view := range kept {
		told := infoschema.View{Name: view.Name, Definer: view.User + "@" + view.Host, Invoker: view.Invoker}
		if client := v.ctx.Client(); view.User == client.User && view.Host == client.Address ||
			v.rights.Allows(db, view.Name, sql.PrivilegeType_ShowView) {
			told.Definition = view.Written()
		}
		list = append(list, told)
	}
	return list, err
}

// DescribeView implements infoschema.Viewer: the view is bound, as for a query of all of it, in a session of its own.
func (v *viewer) DescribeView(db, name string) (*plan.Table, error) {
	text := "SELECT * FROM " + bind.QuotedName(name)
	server := v.system.server
	session := server.session(v.ctx.ID(), v.ctx.Client())
	defer session.SessionEnd()
	session.SetCurrentDatabase(db)
	ctx := sql.NewContext(v.ctx, sql.WithSession(session), sql.WithPid(server.lastPid.Add(1)), sql.WithQuery(text))
	parsed, _, _, err := server.gms.Parser.Parse(ctx, text, false)
	if err != nil {
		return nil, err
	}
	root, err := server.gms.BoundQueryPlan(ctx, text, parsed, nil)
	if err != nil {
		return nil, bind.Translate(err)
	}
	t := &plan.Table{Name: plan.TableName{Namespace: db, Name: name}, Kind: plan.View}
	if leaf, ok := bind.LeafOf(root); ok {
		for i, c := range leaf.Plan.Schema() {
			column := plan.TableColumn{Name: leaf.Columns[i].Name, Type: c.Type, Nullable: c.Nullable}
			if from := leaf.Shown[i].Origin; from != nil {
				column.Number = from.Number
			}
			t.Columns = append(t.Columns, column)
		}
		return t, nil
	}
	for _, c := range root.Schema(ctx) {
		typ, err := bind.FromGMS(c.Type)
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, plan.TableColumn{Name: c.Name, Type: typ, Nullable: c.Nullable})
	}
	return t, nil
}

// Variables implements infoschema.Viewer.
func (v *viewer) Variables(global bool) []infoschema.Variable {
	if global {
		return v.variables(sql.SystemVariables.GetAllGlobalVariables())
	}
	return v.variables(v.ctx.GetAllSessionVariables())
}

// Status implements infoschema.Viewer.
func (v *viewer) Status(global bool) []infoschema.Variable {
	values := make(map[string]any)
	for name, x := range sql.StatusVariables.NewGlobalMap() {
		values[name] = x.Value()
	}
	if !global {
		for name, x := range v.ctx.GetAllStatusVariables(v.ctx) {
			values[name] = x.Value()
		}
	}
	var own *connection
	if c, ok := v.system.server.connections.Load(v.ctx.ID()); ok && !global {
		own = c.(*connection)
	}
	maps.Copy(values, v.system.server.status(own))
	return v.variables(values)
}

func (v *viewer) variables(values map[string]any) []infoschema.Variable {
	list := make([]infoschema.Variable, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := onOrOff(values[name])
		text, _, err := gmstypes.LongText.Convert(v.ctx, value)
		if shown, ok := text.(string); ok && err == nil {
			list = append(list, infoschema.Variable{Name: name, Value: shown})
		}
	}
	return list
}

// Processes implements infoschema.Viewer.
func (v *viewer) Processes() []infoschema.Process {
	var list []infoschema.Process
	for _, p := range v.ctx.ProcessList.Processes() {
		x := infoschema.Process{ID: uint64(p.Connection), User: p.User, Host: p.Host, Database: p.Database,
			Command: string(p.Command), Seconds: int64(p.Seconds()), Info: p.Query}
		if p.Command == sql.ProcessCommandQuery {
			x.State = "running"
		}
		if state, ok := v.system.server.waiting(p.Connection); ok {
			x.State = state
		}
		if c, ok := v.system.server.connections.Load(p.Connection); ok {
			if said := c.(*connection).said.Load(); said != nil {
				x.Attributes = *said
			}
		}
		list = append(list, x)
	}
	return list
}

// Version implements infoschema.Viewer.
func (v *viewer) Version() string { return version() }

// SetPrivilegeSet implements sql.Session: everyone may read performance_schema, as in MySQL what is there about himself.
func (s *ownSession) SetPrivilegeSet(rights sql.PrivilegeSet, counter uint64) {
	if rights, ok := rights.(mysql_db.PrivilegeSet); ok {
		rights.AddDatabase(infoschema.Performance, sql.PrivilegeType_Select)
	}
	s.state.SetPrivilegeSet(rights, counter)
}
