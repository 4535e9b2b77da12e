package mysql

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/catalog/infoschema"
)

// combinedModes are the modes that others stand for (MySQL 8.0 Reference Manual, 5.1.11).
var combinedModes = map[string]string{
	sql.ANSI:        "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI",
	sql.Traditional: "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_ENGINE_SUBSTITUTION",
}

// modeType is the type of sql_mode: a SET of which some members bring others.
type modeType struct {
	setVariable
	combined map[uint64]uint64 // combinations, and what they stand for with them
}

type setVariable interface {
	sql.SystemVariableType
	sql.SetType
}

func newModeType(variable string) modeType {
	set := gmstypes.NewSystemSetType(variable, sql.Collation_utf8mb3_general_ci, strings.Split(infoschema.SQLModes, ",")...)
	bits := func(members string) uint64 {
		b, _, _ := set.Convert(context.Background(), members) // they are members
		return b.(uint64)
	}
	t := modeType{setVariable: set.(setVariable), combined: make(map[uint64]uint64)}
	for mode, members := range combinedModes {
		t.combined[bits(mode)] = bits(members)
	}
	return t
}

// Convert implements sql.Type.
func (t modeType) Convert(ctx context.Context, v any) (any, sql.ConvertInRange, error) {
	converted, in, err := t.setVariable.Convert(ctx, v)
	bits, ok := converted.(uint64)
	if err != nil || !ok {
		return converted, in, err
	}
	for mode, members := range t.combined {
		if bits&mode != 0 {
			bits |= members
		}
	}
	return bits, in, nil
}

// standardModes are MySQL's default modes (MySQL 8.0 Reference Manual, 5.1.11).
const standardModes = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

// refusedModes are the modes under which statements would have other answers than they have here.
var refusedModes = []string{sql.AllowInvalidDates, sql.HighNotPrecedence, sql.NoUnsignedSubtraction, sql.PadCharToFullLength, sql.TimeTruncateFractional}

func checkModes(value any) error {
	modes, _ := value.(string)
	for mode := range strings.SplitSeq(strings.ToUpper(modes), ",") {
		if slices.Contains(refusedModes, mode) {
			return refused("sql_mode", mode)
		}
	}
	return nil
}
