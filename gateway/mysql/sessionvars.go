package mysql

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
)

// globals are the values that the system variables had when sessions began, which share them: a session keeps what it sets. They
// are never changed.
type globals struct {
	values map[string]sql.SystemVarValue // by lower-case name
	sum    settings
}

// defaults gives sessions the globals of their start.
type defaults struct {
	mu     sync.Mutex
	last   *globals
	status map[string]sql.StatusVarValue // as they are at a session's start
}

// now returns the globals as they are, in one copy as long as they stay the same.
func (d *defaults) now() (*globals, map[string]sql.StatusVarValue) {
	values := sql.SystemVariables.NewSessionMap()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.status == nil {
		d.status = sql.StatusVariables.NewSessionMap()
	}
	if d.last == nil || !maps.EqualFunc(values, d.last.values, sameValue) {
		d.last = &globals{values: values, sum: sumOf(values)}
	}
	return d.last, d.status
}

func sameValue(a, b sql.SystemVarValue) bool {
	return a.Var == b.Var && reflect.DeepEqual(a.Val, b.Val)
}

// settings stands for the values of all system variables of a session.
type settings [sha256.Size]byte

// sumOf returns what stands for some values.
func sumOf(values map[string]sql.SystemVarValue) (sum settings) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if counts(name) {
			continue
		}
		v := shown(values[name])
		h.Write(fmt.Appendf(nil, "%s=%T %q\n", name, v, fmt.Sprint(v)))
	}
	h.Sum(sum[:0])
	return sum
}

// counts reports a variable that is no setting: it says something of the statement before, and is a parameter of each run.
func counts(name string) bool {
	return name == warningCount || name == errorCount || name == lastInsertID || name == identity
}

// shown is a variable's value as statements see it.
func shown(v sql.SystemVarValue) any {
	if set, ok := v.Var.GetType().(sql.SetType); ok {
		if bits, ok := v.Val.(uint64); ok {
			if text, err := set.BitsToString(bits); err == nil {
				return text
			}
		}
	}
	return v.Val
}

// onOrOff is a variable's value as MySQL shows it where it is a text: GMS's booleans are numbers.
func onOrOff(value any) any {
	if on, ok := value.(int8); ok {
		return [...]string{"OFF", "ON"}[on&1]
	}
	return value
}

// systemVariables are those of a session.
type systemVariables struct {
	globals *globals
	own     map[string]sql.SystemVarValue // that the session has set
	sum     *settings                     // nil: not known since the last change
}

// settings returns what stands for the session's settings. Any variable may change what a statement means, so all count.
func (s *systemVariables) settings() settings {
	if s.sum == nil {
		own := sumOf(s.own)
		sum := settings(sha256.Sum256(slices.Concat(s.globals.sum[:], own[:])))
		s.sum = &sum
	}
	return *s.sum
}

func (s *systemVariables) find(name string) (sql.SystemVarValue, bool) {
	name = strings.ToLower(name)
	if v, ok := s.own[name]; ok {
		return v, true
	}
	v, ok := s.globals.values[name]
	return v, ok
}

// lookup finds a variable, those included that were made after the session began.
func (s *systemVariables) lookup(name string) (sql.SystemVariable, error) {
	if v, ok := s.find(name); ok {
		return v.Var, nil
	}
	if v, _, ok := sql.SystemVariables.GetGlobal(name); ok {
		return v, nil
	}
	return nil, sql.ErrUnknownSystemVariable.New(name)
}

// keep makes a value the session's. One that is the global one is not kept, so that sessions that set what there is are alike.
func (s *systemVariables) keep(name string, v sql.SystemVarValue) {
	name = strings.ToLower(name)
	if !counts(name) {
		s.sum = nil
	}
	if global, ok := s.globals.values[name]; ok && sameValue(global, v) {
		delete(s.own, name)
		return
	}
	if s.own == nil {
		s.own = make(map[string]sql.SystemVarValue)
	}
	s.own[name] = v
}

// GetSessionVariable implements sql.Session.
func (s *systemVariables) GetSessionVariable(_ *sql.Context, name string) (any, error) {
	v, ok := s.find(name)
	if !ok {
		return nil, sql.ErrUnknownSystemVariable.New(name)
	}
	return shown(v), nil
}

// GetSessionVariableDefault implements sql.Session.
func (s *systemVariables) GetSessionVariableDefault(_ *sql.Context, name string) (any, error) {
	v, ok := s.find(name)
	if !ok {
		return nil, sql.ErrUnknownSystemVariable.New(name)
	}
	v.Val = v.Var.GetDefault()
	return shown(v), nil
}

// GetAllSessionVariables implements sql.Session.
func (s *systemVariables) GetAllSessionVariables() map[string]any {
	all := make(map[string]any, len(s.globals.values))
	for name, v := range s.globals.values {
		all[name] = shown(v)
	}
	for name, v := range s.own {
		all[name] = shown(v)
	}
	return all
}

// charset returns the character set that a variable names.
func (s *systemVariables) charset(variable string) sql.CharacterSetID {
	v, _ := s.find(variable)
	return charsetNamed(v.Val)
}

// GetCharacterSet implements sql.Session.
func (s *systemVariables) GetCharacterSet() sql.CharacterSetID {
	id := s.charset("character_set_connection")
	if _, ok := foreign[id]; ok {
		return sql.CharacterSet_utf8mb4
	}
	return id
}

// GetCollation implements sql.Session. Literals are compared in Unicode where the collation is of a character set that only clients speak.
func (s *systemVariables) GetCollation() sql.CollationID {
	v, _ := s.find(collationConnection)
	name, _ := v.Val.(string)
	id, err := sql.ParseCollation("", name, false)
	if err != nil || name == "" {
		return sql.Collation_Unspecified
	}
	if _, ok := foreign[id.CharacterSet()]; ok {
		return sql.CharacterSet_utf8mb4.DefaultCollation()
	}
	return id
}

// statusVariables are the counters of a session.
type statusVariables struct {
	start   map[string]sql.StatusVarValue // of all sessions
	counted map[string]sql.StatusVarValue // the session's own, of those that have
}

func (s *statusVariables) counter(name string) (sql.StatusVarValue, bool) {
	if v, ok := s.counted[name]; ok {
		return v, true
	}
	v, ok := s.start[name]
	return v, ok
}

// change returns a counter of the session's own.
func (s *statusVariables) change(name string) (sql.StatusVarValue, bool) {
	if v, ok := s.counted[name]; ok {
		return v, true
	}
	v, ok := s.start[name]
	if !ok {
		return nil, false
	}
	if s.counted == nil {
		s.counted = make(map[string]sql.StatusVarValue)
	}
	v = v.Copy()
	s.counted[name] = v
	return v, true
}

// GetStatusVariable implements sql.Session.
func (s *statusVariables) GetStatusVariable(_ *sql.Context, name string) (any, error) {
	v, ok := s.counter(name)
	if !ok {
		return nil, sql.ErrUnknownSystemVariable.New(name)
	}
	return v.Value(), nil
}

// SetStatusVariable implements sql.Session.
func (s *statusVariables) SetStatusVariable(_ *sql.Context, name string, value any) error {
	v, ok := s.change(name)
	if !ok {
		return sql.ErrUnknownSystemVariable.New(name)
	}
	return v.Set(value)
}

// GetAllStatusVariables implements sql.Session.
func (s *statusVariables) GetAllStatusVariables(*sql.Context) map[string]sql.StatusVarValue {
	all := maps.Clone(s.start)
	maps.Copy(all, s.counted)
	return all
}

// IncrementStatusVariable implements sql.Session. One that can't be counted with stays.
func (s *statusVariables) IncrementStatusVariable(_ *sql.Context, name string, by int) {
	if v, ok := s.change(name); ok {
		_ = v.Increment(uint64(by)) // a negative number wraps, and so subtracts
	}
}
