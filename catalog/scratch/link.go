package scratch

import "github.com/silogate/silogate/engine/types"

// Unmatched reports whether some row of t has values in columns that no row of parent has in its. A NULL needs no match.
func (t *Table) Unmatched(columns []string, parent *Table, theirs []string) (bool, error) {
	held := make(map[string]struct{})
	err := parent.eachKey(theirs, func(key string) bool {
		held[key] = struct{}{}
		return true
	})
	if err != nil {
		return false, err
	}
	lost := false
	err = t.eachKey(columns, func(key string) bool {
		_, found := held[key]
		lost = !found
		return found
	})
	return lost, err
}

// eachKey visits what some columns have in each row, unless one of them is NULL, as keys that are the same if the values are equal.
func (t *Table) eachKey(columns []string, visit func(string) bool) error {
	pos, parts := make([]int, len(columns)), make([]Part, len(columns))
	read := make([]Column, len(columns))
	for i, name := range columns {
		pos[i], parts[i].Column = t.def.Index(name), i
		read[i] = t.def.Columns[pos[i]]
	}
	row, cursor := make([]types.Value, len(columns)), t.Read(pos)
	for {
		ok, err := cursor.Next(row)
		if err != nil || !ok {
			return err
		}
		if key, null := appendKey(nil, row, parts, read); !null && !visit(string(key)) {
			return nil
		}
	}
}
