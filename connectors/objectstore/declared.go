package objectstore

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/csv"
	"github.com/silogate/silogate/connectors/files/jsonlines"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// tableOptionsPrefix begins the options of tables: tables.<name>.<option>, with the namespace before the name where there are any.
const tableOptionsPrefix = "tables."

// tableOptions are the options that a table has besides those of reading.
var tableOptions = []string{"path", "partition_types"}

// place is where a table's files lie and how they are read.
type place struct {
	path    string  // below the source's prefix: of a folder, or of a file without its extension; with a pattern "" or the folder that it begins in
	pattern pattern // of files below path, which may have any extension then; nil: there is none
	// elsewhere: the path is an option's, and may lead into a table of another format.
	elsewhere bool
	reading
	formats        map[*kind]files.Format
	partitionTypes map[string]types.Type // by lower-case name
}

// kindOf returns the kind of a data file by its path inside the table; nil: it is none.
func (p *place) kindOf(relative string) *kind {
	switch {
	case p.pattern == nil:
		return p.reading.kindOf(relative)
	case !visible(relative) || !p.pattern.match(relative):
		return nil
	case p.only != nil:
		return p.only
	}
	return p.reading.kindOf(relative)
}

// declared is a table that options describe.
type declared struct {
	name plan.TableName
	place
}

// share takes the formats that have no options from the source.
func (d *declared) share(formats map[*kind]files.Format) {
	d.formats = maps.Clone(formats)
	d.formats[csvKind], d.formats[jsonKind] = csv.New(d.csv), jsonlines.New(d.json)
}

// parseTables reads the options of tables. What one does not say, the source's options do.
func parseTables(o connectors.Options, schemas bool) ([]declared, error) {
	options := make(map[plan.TableName]connectors.Options)
	parts := 2 // of a key
	if schemas {
		parts = 3
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		rest, ok := strings.CutPrefix(key, tableOptionsPrefix)
		if !ok {
			continue
		}
		names := strings.Split(rest, ".")
		option := names[len(names)-1]
		if len(names) != parts || slices.ContainsFunc(names, func(n string) bool { return !validName(n) }) {
			form := "tables.<table>.<option>"
			if schemas {
				form = "tables.<schema>.<table>.<option>"
			}
			return nil, fmt.Errorf("unknown option %s: options of tables are %s", key, form)
		}
		if !slices.Contains(tableOptions, option) && !slices.Contains(readingOptions, option) {
			return nil, fmt.Errorf("unknown option %s (known of a table: %s, %s)", key, strings.Join(tableOptions, ", "), strings.Join(readingOptions, ", "))
		}
		name := plan.TableName{Name: names[parts-2]}
		if schemas {
			name.Namespace = names[0]
		}
		if options[name] == nil {
			options[name] = maps.Clone(o)
		}
		options[name][option] = o[key]
	}
	var out []declared
	for name, own := range options {
		d, err := parseTable(name, own)
		if err != nil {
			return nil, fmt.Errorf("%s%s.%w", tableOptionsPrefix, name, err)
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b declared) int { return strings.Compare(a.name.String(), b.name.String()) })
	return out, nil
}

// parseTable reads the options of one table. Errors begin with an option's name.
func parseTable(name plan.TableName, o connectors.Options) (d declared, err error) {
	d.name, d.path = name, name.Name
	if name.Namespace != "" {
		d.path = name.Namespace + "/" + name.Name
	}
	if d.reading, err = parseReading(o); err != nil {
		return d, err
	}
	if where, given := o["path"]; given {
		if err := d.parsePath(where); err != nil {
			return d, err
		}
	}
	return d, d.parsePartitionTypes(o["partition_types"])
}

// parsePath reads the path of a folder, of a file, or of files by a pattern.
func (p *place) parsePath(where string) error {
	folder := strings.HasSuffix(where, "/")
	where = strings.TrimSuffix(where, "/")
	if where == "" || path.IsAbs(where) || path.Clean(where) != where || strings.HasPrefix(where, "..") {
		return fmt.Errorf("path must be that of a folder or of files below the source's url")
	}
	p.elsewhere = true
	names := strings.Split(where, "/")
	first := slices.IndexFunc(names, wild)
	switch {
	case first >= 0 && folder:
		return fmt.Errorf("path must name files where it has globs: end it with /** for all below")
	case first >= 0:
		for _, name := range names[first:] {
			if _, err := path.Match(name, ""); err != nil {
				return fmt.Errorf("path has a malformed glob, %s", name)
			}
		}
	case !folder && path.Ext(where) != "":
		first = len(names) - 1
	default:
		p.path = where
		return nil
	}
	p.path, p.pattern = strings.Join(names[:first], "/"), names[first:]
	return nil
}

// parsePartitionTypes reads "name type, name type".
func (p *place) parsePartitionTypes(text string) error {
	p.partitionTypes = make(map[string]types.Type)
	for column := range strings.SplitSeq(text, ",") {
		words := strings.Fields(column)
		if len(words) == 0 {
			continue
		}
		typ, ok := types.Type{}, len(words) == 2
		if ok {
			typ, ok = lake.PartitionType(words[1])
		}
		if !ok {
			return fmt.Errorf("partition_types must be names of partition columns with a type each, integer, date or text: %s is none", strings.TrimSpace(column))
		}
		p.partitionTypes[strings.ToLower(words[0])] = typ
	}
	return nil
}

// declaredIn returns the names of a namespace's tables that options describe, ascending.
func (s *settings) declaredIn(namespace string) []string {
	var out []string
	for _, d := range s.declared {
		if d.name.Namespace == namespace {
			out = append(out, d.name.Name)
		}
	}
	slices.Sort(out)
	return out
}

// declaredNamespaces returns the namespaces of tables that options describe, ascending.
func (s *settings) declaredNamespaces() []string {
	var out []string
	for _, d := range s.declared {
		out = append(out, d.name.Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
