package scratchsql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// InnoDB's limits of keys (MySQL 8.0 manual, 15.22).
const (
	longestKey = 3072 // bytes
	mostParts  = 16
)

// defineKeys gives a definition, which has its columns, the keys of the draft.
func (d *draft) defineKeys(ctx *sql.Context, def *scratch.Definition) error {
	if err := d.nameKeys(); err != nil {
		return err
	}
	for _, k := range d.keys {
		parts, err := d.partsOf(def, k)
		if err != nil {
			return err
		}
		if k.primary {
			def.Primary = parts
			for _, p := range parts {
				def.Columns[p.Column].Nullable = false
			}
			continue
		}
		key := k.Key
		key.Parts = parts
		if !k.kept {
			d.warnOfTwin(ctx, def, key)
		}
		def.Keys = append(def.Keys, key)
	}
	return checkAutoIncrement(def)
}

// functionalIndex is what keys over expressions are called that have no name.
const functionalIndex = "functional_index"

// nameKeys names the keys without a name as MySQL does, and refuses two of one name.
func (d *draft) nameKeys() error {
	taken := func(name string) bool {
		return slices.ContainsFunc(d.keys, func(k draftKey) bool { return strings.EqualFold(k.Name, name) })
	}
	for i, k := range d.keys {
		base := functionalIndex
		if k.parts[0].of == nil {
			base = k.parts[0].column
		}
		first := 1
		if strings.EqualFold(base, primary) {
			first = 2
		}
		for n := first; d.keys[i].Name == ""; n++ {
			candidate := base
			if n > 1 {
				candidate = fmt.Sprintf("%s_%d", base, n)
			}
			if !taken(candidate) {
				d.keys[i].Name = candidate
			}
		}
	}
	for i, k := range d.keys {
		if err := checkName(k.Name, sqlerr.Errno(1280), "Incorrect index name '%s'"); err != nil { // ER_WRONG_NAME_FOR_INDEX
			return err
		}
		for _, other := range d.keys[:i] {
			if !strings.EqualFold(other.Name, k.Name) {
				continue
			}
			if k.primary {
				return sqlerr.New(sqlerr.TwoPrimaryKeys, "Multiple primary key defined")
			}
			return sqlerr.New(sqlerr.DuplicateKeyName, "Duplicate key name '%s'", k.Name)
		}
	}
	return nil
}

// partsOf finds the columns of a key, and refuses those that there can be no key over.
func (d *draft) partsOf(def *scratch.Definition, k draftKey) ([]scratch.Part, error) {
	if len(k.parts) > mostParts {
		return nil, sqlerr.New(sqlerr.Errno(1070), "Too many key parts specified; max %d parts allowed", mostParts) // ER_TOO_MANY_KEY_PARTS
	}
	var parts []scratch.Part
	size := 0
	for _, p := range k.parts {
		at := def.Index(p.column)
		if at < 0 || def.Columns[at].Hidden && p.of == nil && !k.kept {
			return nil, sqlerr.New(sqlerr.KeyColumn, "Key column '%s' doesn't exist in table", p.column)
		}
		if slices.ContainsFunc(parts, func(other scratch.Part) bool { return other.Column == at }) {
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", p.column)
		}
		part := scratch.Part{Column: at, Prefix: p.prefix}
		bytes, err := partBytes(def.Columns[at], &part, k.kept)
		if err != nil {
			return nil, err
		}
		if size += bytes; size > longestKey { // ER_TOO_LONG_KEY
			return nil, sqlerr.New(sqlerr.Errno(1071), "Specified key was too long; max key length is %d bytes", longestKey)
		}
		if k.primary {
			if err := d.checkPrimary(def.Columns[at], p); err != nil {
				return nil, err
			}
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// checkPrimary refuses a column that a primary key can't have.
func (d *draft) checkPrimary(c scratch.Column, p draftPart) error {
	switch {
	case p.of != nil: // ER_FUNCTIONAL_INDEX_PRIMARY_KEY
		return sqlerr.New(sqlerr.Errno(3756), "The primary key cannot be a functional index")
	case c.Generated != nil && c.Virtual: // ER_UNSUPPORTED_ACTION_ON_GENERATED_COLUMN
		return sqlerr.New(sqlerr.Errno(3106), "'Defining a virtual generated column as primary key' is not supported for generated columns.")
	}
	if at := d.column(p.column); at >= 0 && d.columns[at].written != nil && bool(d.columns[at].written.Type.Null) { // ER_PRIMARY_CANT_HAVE_NULL
		return sqlerr.New(sqlerr.Errno(1171), "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead")
	}
	return nil
}

// partBytes returns how many bytes a part of a key takes. A prefix of all of its column is none; a key that was there loses one that its column
// no longer takes, as in MySQL.
func partBytes(c scratch.Column, p *scratch.Part, kept bool) (int, error) {
	t, long := c.Type, 1
	if t.IsText() && t.Kind != types.Enum && t.Kind != types.Set {
		long = int(sql.CollationID(t.Collation).CharacterSet().MaxLength())
	}
	needsPrefix := t.Kind == types.Text || t.Kind == types.Blob
	takesPrefix := needsPrefix || t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Binary || t.Kind == types.Varbinary
	switch {
	case t.Kind == types.JSON: // ER_JSON_USED_AS_KEY
		return 0, sqlerr.New(sqlerr.Errno(3152), "JSON column '%s' supports indexing only via generated columns on a specified JSON path.", c.Name)
	case p.Prefix > 0 && (!takesPrefix || !needsPrefix && p.Prefix > int(t.Length)):
		if !kept { // ER_WRONG_SUB_KEY
			return 0, sqlerr.New(sqlerr.Errno(1089), "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, or the storage engine doesn't support unique prefix keys")
		}
		p.Prefix = 0
	case p.Prefix > 0 && !needsPrefix && p.Prefix == int(t.Length):
		p.Prefix = 0
	}
	switch {
	case needsPrefix && p.Prefix == 0 && !c.Hidden: // ER_BLOB_KEY_WITHOUT_LENGTH
		return 0, sqlerr.New(sqlerr.Errno(1170), "BLOB/TEXT column '%s' used in key specification without a key length", c.Name)
	case p.Prefix > 0:
		return p.Prefix * long, nil
	case takesPrefix && !c.Hidden:
		return int(t.Length) * long, nil
	}
	return 8, nil
}

// warnOfTwin says that a key is the same as another one.
func (d *draft) warnOfTwin(ctx *sql.Context, def *scratch.Definition, key scratch.Key) {
	for _, other := range def.Keys {
		if slices.Equal(other.Parts, key.Parts) && other.Unique == key.Unique { // ER_DUP_INDEX
			ctx.Session.Warn(&sql.Warning{Level: "Warning", Code: 1831, Message: fmt.Sprintf(
				"Duplicate index '%s' defined on the table '%s.%s'. This is deprecated and will be disallowed in a future release.", key.Name, d.database, d.name)})
			return
		}
	}
}

// checkAutoIncrement refuses an AUTO_INCREMENT that no key begins with, and a second one.
func checkAutoIncrement(def *scratch.Definition) error {
	counted, begins := 0, false
	for i, c := range def.Columns {
		if !c.AutoIncrement {
			continue
		}
		counted++
		begins = len(def.Primary) > 0 && def.Primary[0].Column == i ||
			slices.ContainsFunc(def.Keys, func(k scratch.Key) bool { return k.Parts[0].Column == i })
	}
	if counted > 1 || counted == 1 && !begins {
		return sqlerr.New(sqlerr.AutoIncrementKey, "Incorrect table definition; there can be only one auto column and it must be defined as a key")
	}
	return nil
}
