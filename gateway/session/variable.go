package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Variable is a session variable of the gateway.
type Variable struct {
	Name    string
	Default any                      // bool for a switch, uint64 for a number, int64 for one that may be -1, float64 for a share from 0 to 1, else string
	Check   func(value string) error // of a text; nil: anything goes
}

// The names of the variables.
const (
	Pushdown       = "silogate_pushdown"
	DynamicFilters = "silogate_dynamic_filters"
	StrictPushdown = "silogate_strict_pushdown"
	MaxScanBytes   = "silogate_max_scan_bytes"
	MaxStaleness   = "silogate_max_staleness"
	DisabledRules  = "silogate_disabled_rules"
	ShadowRate     = "silogate_shadow_rate"
	Engine         = "silogate_engine"
	RunID          = "silogate_run_id"
)

// longestRunID bounds what goes into logs and lineage.
const longestRunID = 256

// Variables returns all variables; rules are the names of the optimizer's rules.
func Variables(rules []string) []Variable {
	return []Variable{
		{Name: Pushdown, Default: true},
		{Name: DynamicFilters, Default: true},
		{Name: StrictPushdown, Default: false},
		{Name: MaxScanBytes, Default: uint64(0)},
		{Name: MaxStaleness, Default: int64(-1)},
		{Name: ShadowRate, Default: 0.0},
		{Name: Engine, Default: "local", Check: checkEngine},
		{Name: DisabledRules, Default: "", Check: func(list string) error { return checkRules(list, rules) }},
		{Name: RunID, Default: "", Check: checkRunID},
	}
}

// checkEngine knows one engine, which is also what auto chooses.
func checkEngine(name string) error {
	switch strings.ToLower(name) {
	case "local", "auto":
		return nil
	case "trino":
		return sqlerr.New(sqlerr.BadVariable, "Variable '%s' can't be set to the value of 'trino': no Trino cluster is configured, local and auto are available", Engine)
	}
	return sqlerr.New(sqlerr.BadVariable, "Variable '%s' can't be set to the value of '%s': local and auto are available", Engine, name)
}

func checkRules(list string, known []string) error {
	for name := range ruleNames(list) {
		if !slices.Contains(known, name) {
			return sqlerr.New(sqlerr.BadVariable, "%s: there is no rule %q; the rules are %s", DisabledRules, name, strings.Join(known, ", "))
		}
	}
	return nil
}

func checkRunID(id string) error {
	if len(id) > longestRunID || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' }) {
		return sqlerr.New(sqlerr.BadVariable, "%s: at most %d bytes without control characters", RunID, longestRunID)
	}
	return nil
}

// ruleNames splits a list at commas and spaces.
func ruleNames(list string) map[string]bool {
	names := make(map[string]bool)
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		names[name] = true
	}
	return names
}

// Settings is what the variables mean to one statement.
type Settings struct {
	Engine engine.Settings
	RunID  string // ties a statement to a training run; empty: none
}

// Read gathers the settings of a statement; get returns a variable's value as a
// bool, uint64 or string.
func Read(get func(name string) (any, error)) (Settings, error) {
	var s Settings
	var disabled string
	for _, v := range []struct {
		name string
		dst  any
	}{
		{Pushdown, &s.Engine.Pushdown},
		{DynamicFilters, &s.Engine.DynamicFilters},
		{StrictPushdown, &s.Engine.Strict},
		{MaxScanBytes, &s.Engine.MaxScanBytes},
		{DisabledRules, &disabled},
		{RunID, &s.RunID},
	} {
		value, err := get(v.name)
		if err != nil {
			return Settings{}, err
		}
		ok := false
		switch dst := v.dst.(type) {
		case *bool:
			*dst, ok = value.(bool)
		case *uint64:
			*dst, ok = value.(uint64)
		case *string:
			*dst, ok = value.(string)
		}
		if !ok {
			return Settings{}, fmt.Errorf("session variable %s holds a %T", v.name, value)
		}
	}
	s.Engine.Disabled = ruleNames(disabled)
	return s, nil
}
