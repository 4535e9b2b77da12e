package mysql

import (
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
	"github.com/sirupsen/logrus"
)

// state is what GMS keeps with a session, beside variables. What a session does not use takes no memory: thousands of them are
// idle.
type state struct {
	id       uint32
	address  string // of the server
	client   sql.Client
	database string
	logger   *logrus.Entry

	transaction   sql.Transaction
	noAutocommit  bool
	rights        sql.PrivilegeSet
	rightsVersion uint64

	variables sql.SessionUserVariables
	params    map[string]*sql.StoredProcParam // of the stored procedure that runs, by lower-case name
	locks     map[string]bool
	prepared  map[string]sqlparser.Statement // by PREPARE, by name
	cached    map[string]sqlparser.Statement
	indexes   *sql.IndexRegistry
	views     *sql.ViewRegistry
	last      sql.LastQueryInfo

	warning  sync.Mutex     // over what follows: parts of a query that run side by side warn while their rows are sent
	warnings []*sql.Warning // the oldest first
	warned   uint16         // how many the client is told of
	locked   bool           // they stay
}

// Address implements sql.Session.
func (s *state) Address() string { return s.address }

// Client implements sql.Session.
func (s *state) Client() sql.Client { return s.client }

// SetClient implements sql.Session.
func (s *state) SetClient(c sql.Client) { s.client = c }

// ID implements sql.Session.
func (s *state) ID() uint32 { return s.id }

// SetConnectionId implements sql.Session.
func (s *state) SetConnectionId(id uint32) { s.id = id }

// GetCurrentDatabase implements sql.Session.
func (s *state) GetCurrentDatabase() string { return s.database }

// SetCurrentDatabase implements sql.Session.
func (s *state) SetCurrentDatabase(name string) { s.database = name }

// UseDatabase implements sql.Session.
func (s *state) UseDatabase(*sql.Context, sql.Database) error { return nil }

// ValidateSession implements sql.Session.
func (s *state) ValidateSession(*sql.Context) error { return nil }

// GetLogger implements sql.Session.
func (s *state) GetLogger() *logrus.Entry {
	if s.logger == nil {
		s.logger = logrus.NewEntry(logrus.StandardLogger())
	}
	return s.logger
}

// SetLogger implements sql.Session.
func (s *state) SetLogger(l *logrus.Entry) { s.logger = l }

// GetTransaction implements sql.Session.
func (s *state) GetTransaction() sql.Transaction { return s.transaction }

// SetTransaction implements sql.Session.
func (s *state) SetTransaction(t sql.Transaction) { s.transaction = t }

// GetIgnoreAutoCommit implements sql.Session.
func (s *state) GetIgnoreAutoCommit() bool { return s.noAutocommit }

// SetIgnoreAutoCommit implements sql.Session.
func (s *state) SetIgnoreAutoCommit(ignore bool) { s.noAutocommit = ignore }

// GetPrivilegeSet implements sql.Session.
func (s *state) GetPrivilegeSet() (sql.PrivilegeSet, uint64) { return s.rights, s.rightsVersion }

// SetPrivilegeSet implements sql.Session.
func (s *state) SetPrivilegeSet(rights sql.PrivilegeSet, version uint64) {
	s.rights, s.rightsVersion = rights, version
}

// GetUserVariable implements sql.Session.
func (s *state) GetUserVariable(ctx *sql.Context, name string) (sql.Type, any, error) {
	if s.variables == nil {
		s.variables = sql.NewUserVars()
	}
	return s.variables.GetUserVariable(ctx, name)
}

// setUserVariable assigns a user variable.
func (s *state) setUserVariable(ctx *sql.Context, name string, value any, t sql.Type) error {
	if s.variables == nil {
		s.variables = sql.NewUserVars()
	}
	return s.variables.SetUserVariable(ctx, name, value, t)
}

// NewStoredProcParam implements sql.Session.
func (s *state) NewStoredProcParam(name string, param *sql.StoredProcParam) *sql.StoredProcParam {
	name = strings.ToLower(name)
	if known, ok := s.params[name]; ok {
		return known
	}
	if s.params == nil {
		s.params = make(map[string]*sql.StoredProcParam)
	}
	s.params[name] = param
	return param
}

// GetStoredProcParam implements sql.Session.
func (s *state) GetStoredProcParam(name string) *sql.StoredProcParam {
	return s.params[strings.ToLower(name)]
}

// SetStoredProcParam implements sql.Session.
func (s *state) SetStoredProcParam(name string, value any) error {
	param := s.GetStoredProcParam(name)
	if param == nil {
		return sql.ErrUnknownSystemVariable.New(name)
	}
	param.SetValue(value)
	return nil
}

// AddLock implements sql.Session.
func (s *state) AddLock(name string) error {
	if s.locks == nil {
		s.locks = make(map[string]bool)
	}
	s.locks[name] = true
	return nil
}

// DelLock implements sql.Session.
func (s *state) DelLock(name string) error {
	delete(s.locks, name)
	return nil
}

// IterLocks implements sql.Session.
func (s *state) IterLocks(f func(name string) error) error {
	for name := range s.locks {
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}

// PrepareQuery implements sql.Session.
func (s *state) PrepareQuery(name string, stmt sqlparser.Statement) {
	if s.prepared == nil {
		s.prepared = make(map[string]sqlparser.Statement)
	}
	s.prepared[name] = stmt
}

// UnprepareQuery implements sql.Session.
func (s *state) UnprepareQuery(name string) { delete(s.prepared, name) }

// GetPreparedQuery implements sql.Session.
func (s *state) GetPreparedQuery(name string) (sqlparser.Statement, bool) {
	stmt, ok := s.prepared[name]
	return stmt, ok
}

// CacheQuery implements sql.Session.
func (s *state) CacheQuery(text string, stmt sqlparser.Statement) {
	if s.cached == nil {
		s.cached = make(map[string]sqlparser.Statement)
	}
	s.cached[text] = stmt
}

// GetCachedQuery implements sql.Session.
func (s *state) GetCachedQuery(text string) (sqlparser.Statement, bool) {
	stmt, ok := s.cached[text]
	return stmt, ok
}

// GetIndexRegistry implements sql.Session.
func (s *state) GetIndexRegistry() *sql.IndexRegistry {
	if s.indexes == nil {
		s.indexes = sql.NewIndexRegistry()
	}
	return s.indexes
}

// SetIndexRegistry implements sql.Session.
func (s *state) SetIndexRegistry(r *sql.IndexRegistry) { s.indexes = r }

// GetViewRegistry implements sql.Session.
func (s *state) GetViewRegistry() *sql.ViewRegistry {
	if s.views == nil {
		s.views = sql.NewViewRegistry()
	}
	return s.views
}

// SetViewRegistry implements sql.Session.
func (s *state) SetViewRegistry(r *sql.ViewRegistry) { s.views = r }

// GetLastQueryInfo implements sql.Session.
func (s *state) GetLastQueryInfo() *sql.LastQueryInfo { return &s.last }

// Warn implements sql.Session.
func (s *state) Warn(w *sql.Warning) {
	s.warning.Lock()
	defer s.warning.Unlock()
	s.warnings = append(s.warnings, w)
	s.warned = uint16(len(s.warnings))
}

// Warnings implements sql.Session: the newest first.
func (s *state) Warnings() []*sql.Warning {
	s.warning.Lock()
	defer s.warning.Unlock()
	all := slices.Clone(s.warnings)
	slices.Reverse(all)
	return all
}

// WarningCount implements sql.Session.
func (s *state) WarningCount() uint16 {
	s.warning.Lock()
	defer s.warning.Unlock()
	return s.warned
}

// ClearWarningCount implements sql.Session.
func (s *state) ClearWarningCount() {
	s.warning.Lock()
	defer s.warning.Unlock()
	s.warned = 0
}

// ClearWarnings implements sql.Session.
func (s *state) ClearWarnings() {
	s.warning.Lock()
	defer s.warning.Unlock()
	if !s.locked {
		s.warnings, s.warned = s.warnings[:0], 0
	}
}

// LockWarnings implements sql.Session.
func (s *state) LockWarnings() { s.lockWarnings(true) }

// UnlockWarnings implements sql.Session.
func (s *state) UnlockWarnings() { s.lockWarnings(false) }

func (s *state) lockWarnings(locked bool) {
	s.warning.Lock()
	defer s.warning.Unlock()
	s.locked = locked
}
