package session

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestRead(t *testing.T) {
	values := make(map[string]any)
	for _, v := range Variables(nil) {
		values[v.Name] = v.Default
	}
	get := func(name string) (any, error) {
		if v, ok := values[name]; ok {
			return v, nil
		}
		return nil, errors.New("unknown variable")
	}
	s, err := Read(get)
	want := Settings{Engine: engine.Settings{Pushdown: true, DynamicFilters: true, Disabled: map[string]bool{}}}
	if err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("defaults: %+v, %v", s, err)
	}

	values[Pushdown], values[DynamicFilters], values[StrictPushdown] = false, false, true
	values[DisabledRules], values[RunID], values[MaxScanBytes] = "a, b,c", "run-7", uint64(1000)
	s, err = Read(get)
	want = Settings{RunID: "run-7", Engine: engine.Settings{Strict: true, MaxScanBytes: 1000, Disabled: map[string]bool{"a": true, "b": true, "c": true}}}
	if err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("changed: %+v, %v", s, err)
	}

	values[Pushdown] = "on"
	if _, err := Read(get); err == nil || !strings.Contains(err.Error(), Pushdown) {
		t.Errorf("a value of the wrong type: %v", err)
	}
	delete(values, Pushdown)
	if _, err := Read(get); err == nil {
		t.Error("a variable that is not registered was read")
	}
}

func TestChecks(t *testing.T) {
	check := make(map[string]func(string) error)
	for _, v := range Variables([]string{"push_filter", "prune"}) {
		check[v.Name] = v.Check
	}
	for _, c := range []struct {
		name, value string
		code        sqlerr.Code
		ok          bool
	}{
		{DisabledRules, "", 0, true},
		{DisabledRules, " prune,push_filter", 0, true},
		{DisabledRules, "prune,pruen", sqlerr.BadVariable, false},
		{Engine, "auto", 0, true},
		{Engine, "LOCAL", 0, true},
		{Engine, "trino", sqlerr.BadVariable, false},
		{Engine, "spark", sqlerr.BadVariable, false},
		{RunID, "9b1d", 0, true},
		{RunID, strings.Repeat("x", 257), sqlerr.BadVariable, false},
		{RunID, "a\nb", sqlerr.BadVariable, false},
	} {
		err := check[c.name](c.value)
		if c.ok != (err == nil) || !c.ok && !sqlerr.Is(err, c.code) {
			t.Errorf("%s = %q: %v", c.name, c.value, err)
		}
	}
}
