package mysql

import (
	"math"
	"slices"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/session"
)

// registerVariables adds the gateway's variables to GMS's, which the whole process shares; those that are there stay. A row
// may be as long as in MySQL, and literals have MySQL's collation.
func registerVariables(variables []session.Variable) error {
	add := slices.DeleteFunc(slices.Concat(countVariables(), askedVariables()), func(v sql.SystemVariable) bool {
		_, _, known := sql.SystemVariables.GetGlobal(v.GetName())
		return known
	})
	for _, v := range variables {
		if _, _, ok := sql.SystemVariables.GetGlobal(v.Name); !ok {
			add = append(add, systemVariable(v))
		}
	}
	sql.SystemVariables.AddSystemVariables(add)
	guardVariables()
	collation := types.Utf8mb4AI0900.String()
	return sql.SystemVariables.AssignValues(map[string]any{
		maxAllowedPacket: standardPacket, collationConnection: collation, "collation_server": collation, "collation_database": collation,
		maxConnections: mostConnections, "version_comment": "silogate", timestamp: 0.0, lcTimeNames: americanEnglish, lockWaitTimeout: 50,
		"activate_all_roles_on_login": int8(1), sql.SqlModeSessionVar: standardModes,
	})
}

// maxConnections is MySQL's variable for how many clients may be connected. It is greater than MySQL's 151: an idle connection
// costs next to nothing here, and pools hold many.
const (
	maxConnections  = "max_connections"
	mostConnections = 10_000
)

const collationConnection = "collation_connection"

func systemVariable(v session.Variable) *sql.MysqlSystemVariable {
	sv := &sql.MysqlSystemVariable{
		Name:              v.Name,
		Scope:             sql.GetMysqlScope(sql.SystemVariableScope_Both),
		Dynamic:           true,
		SetVarHintApplies: true,
		Default:           v.Default,
	}
	switch d := v.Default.(type) {
	case bool:
		sv.Type = gmstypes.NewSystemBoolType(v.Name)
		sv.Default = int8(0)
		if d {
			sv.Default = int8(1)
		}
	case uint64:
		sv.Type = gmstypes.NewSystemUintType(v.Name, 0, math.MaxInt64) // beyond, GMS wraps negative numbers
	case int64:
		sv.Type = gmstypes.NewSystemIntType(v.Name, -1, mostStaleness, false)
	case float64:
		sv.Type = gmstypes.NewSystemDoubleType(v.Name, 0, 1)
	default:
		sv.Type = gmstypes.NewSystemStringType(v.Name)
	}
	if v.Check != nil {
		sv.NotifyChanged = func(_ *sql.Context, _ sql.SystemVariableScope, value sql.SystemVarValue) error {
			text, ok := value.Val.(string)
			if !ok {
				return sqlerr.New(sqlerr.BadVariable, "Variable '%s' can't be set to the value of NULL", v.Name)
			}
			return v.Check(text)
		}
	}
	return sv
}

// mostStaleness is a year in seconds, the most that MySQL has for the lifetime of what it keeps.
const mostStaleness = 365 * 24 * 60 * 60

// setStaleness has a statement get no older listings of tables than the session wants.
func (s *statement) setStaleness() error {
	value, err := variable(s.ctx, session.MaxStaleness)
	most, _ := value.(int64)
	s.ctx = s.ctx.WithContext(connectors.WithStaleness(s.ctx.Context, time.Now(), time.Duration(most)*time.Second))
	return err
}

// variable returns a session variable of the gateway as package session wants it.
func variable(ctx *sql.Context, name string) (any, error) {
	value, err := ctx.GetSessionVariable(ctx, name)
	if flag, ok := value.(int8); ok {
		return flag != 0, err
	}
	return value, err
}
