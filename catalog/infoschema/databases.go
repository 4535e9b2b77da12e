package infoschema

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// The databases.
const (
	Information = "information_schema"
	Performance = "performance_schema"
	Sys         = "sys"
	// Grants has GMS's tables of accounts, and beside them the logs and time zones of MySQL, which tools ask for.
	Grants = "mysql"
)

// Databases are the tables that are declared. It is immutable.
type Databases struct {
	catalog *catalog.Catalog
	names   []string
	tables  map[string][]*definition       // by database, ascending by name
	byName  map[plan.TableName]*definition // in lower case
}

// New declares the databases over a catalog.
func New(c *catalog.Catalog) *Databases {
	d := &Databases{catalog: c, tables: make(map[string][]*definition), byName: make(map[plan.TableName]*definition)}
	d.add(Information, objects(), parts(), empty(), listings())
	d.add(Performance, performance())
	d.add(Sys, sys())
	d.names = append(d.names, Information, Performance, Sys)
	d.add(Grants, logs(), zones())
	return d
}

func (d *Databases) add(database string, lists ...[]*table) {
	for _, t := range slices.Concat(lists...) {
		defined := define(database, t)
		d.tables[database] = append(d.tables[database], defined)
		d.byName[plan.TableName{Namespace: database, Name: strings.ToLower(t.name)}] = defined
	}
	slices.SortFunc(d.tables[database], func(a, b *definition) int { return strings.Compare(a.name, b.name) })
}

// Names are the names of the databases of which all tables are declared here.
func (d *Databases) Names() []string { return d.names }

// Tables are the tables of one of the databases.
func (d *Databases) Tables(database string) []*plan.Table {
	var all []*plan.Table
	for _, t := range d.tables[strings.ToLower(database)] {
		all = append(all, t.plan)
	}
	return all
}

// Table finds a table by its name in any case; nil: there is none.
func (d *Databases) Table(database, name string) *plan.Table {
	if t := d.byName[plan.TableName{Namespace: strings.ToLower(database), Name: strings.ToLower(name)}]; t != nil {
		return t.plan
	}
	return nil
}

// Source returns the databases as a session sees them.
func (d *Databases) Source(v Viewer) *Source { return &Source{databases: d, viewer: v} }

// Source is the databases as a session sees them.
type Source struct {
	databases *Databases
	viewer    Viewer
}

var _ connectors.Source = (*Source)(nil)

// List implements connectors.Source.
func (s *Source) List(_ context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		for _, name := range s.databases.names {
			if o.Namespaces {
				if !yield(connectors.Listed{Name: plan.TableName{Namespace: name}, Rows: plan.Unknown}, nil) {
					return
				}
				continue
			}
			if o.In != nil && *o.In != name {
				continue
			}
			for _, t := range s.databases.tables[name] {
				if !yield(connectors.Listed{Name: t.plan.Name, Kind: kindOf(name), Rows: plan.Unknown}, nil) {
					return
				}
			}
		}
	}
}

// Table implements connectors.Source.
func (s *Source) Table(_ context.Context, name plan.TableName, _ connectors.AsOf) (*plan.Table, error) {
	if t := s.databases.Table(name.Namespace, name.Name); t != nil {
		return t, nil
	}
	return nil, sqlerr.New(sqlerr.UnknownTable, "the gateway has no table %s", name)
}

// logs are the logs of MySQL that are tables, in which nothing is written.
func logs() []*table {
	return []*table{
		{name: "general_log", compact: `
			event_time timestamp(6)
			user_host varchar(2048)
			thread_id bigint unsigned
			server_id int unsigned
			command_type varchar(64)
			argument longtext
		`},
		{name: "slow_log", compact: `
			start_time timestamp(6)
			user_host varchar(2048)
			query_time varchar(17)
			lock_time varchar(17)
			rows_sent int
			rows_examined int
			db varchar(512)
			last_insert_id int
			insert_id int
			server_id int unsigned
			sql_text longtext
			thread_id bigint unsigned
		`},
	}
}

// listings is the table that says how old other tables' rows are.
func listings() []*table {
	return []*table{{name: "SILOGATE_LISTINGS", compact: `
		SERVER_NAME varchar(64)
		TABLE_SCHEMA varchar(64)?
		ENTRIES bigint unsigned
		LISTED_AT timestamp(6)
		AGE double
		REFRESHING varchar(3)
		PROBLEM text?
	`, facts: func(s *Source, add func([]types.Value)) {
		ages := s.databases.catalog.Ages(s.viewer.User())
		seen := make(map[string]bool) // sources, by any database of theirs
		for _, a := range ages {
			seen[a.Source] = seen[a.Source] || s.viewer.SeesDatabase(cmp.Or(a.Database, a.Source))
		}
		for _, a := range ages {
			if !seen[a.Source] || a.Database != "" && !s.viewer.SeesDatabase(a.Database) {
				continue
			}
			problem := types.NullValue
			if a.Failure != nil {
				problem = types.TextValue(a.Failure.Error())
			}
			add([]types.Value{types.TextValue(a.Source), orNull(a.Database), types.UintValue(uint64(a.Items)),
				types.IntValue(a.Made.UnixMicro()), types.FloatValue(time.Since(a.Made).Seconds()), yesNo(a.Renewing), problem})
		}
	}}}
}
