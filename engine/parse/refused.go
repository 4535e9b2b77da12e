package parse

import "github.com/silogate/silogate/engine/sqlerr"

// refusal says why statements that MySQL has are not done here.
type refusal struct {
	words string // they begin with
	code  sqlerr.Code
	why   string
}

const (
	notWritten = "sources are read and not written"
	noLogs     = "the gateway has no binary log and is no replica"
	noRoutines = "the gateway keeps no routines, triggers and events"
	byItsHost  = "whoever runs its process does that"
	noEngines  = "the gateway has no storage engine"
	noHandlers = "tables are read by SELECT"
	notRun     = "a statement that writes is not run to explain it"
)

// refusals are these, by what a client may want instead. Words that begin a longer entry come after it.
var refusals = append(measuredWrites(), []refusal{
	{"XA", sqlerr.Unsupported, notWritten},
	{"HANDLER", sqlerr.Unsupported, noHandlers},
	{"INSTALL", sqlerr.Unsupported, byItsHost},
	{"UNINSTALL", sqlerr.Unsupported, byItsHost},
	{"SHUTDOWN", sqlerr.Unsupported, byItsHost},
	{"RESTART", sqlerr.Unsupported, byItsHost},
	{"CLONE", sqlerr.Unsupported, byItsHost},
	{"ALTER INSTANCE", sqlerr.Unsupported, byItsHost},
	{"LOCK INSTANCE", sqlerr.Unsupported, byItsHost},
	{"UNLOCK INSTANCE", sqlerr.Unsupported, byItsHost},
	{"IMPORT TABLE", sqlerr.Unsupported, notWritten},
	{"CACHE INDEX", sqlerr.Unsupported, noEngines},
	{"LOAD INDEX", sqlerr.Unsupported, noEngines},
	{"CHANGE MASTER", sqlerr.Unsupported, noLogs},
	{"CHANGE REPLICATION", sqlerr.Unsupported, noLogs},
	{"START SLAVE", sqlerr.Unsupported, noLogs},
	{"START REPLICA", sqlerr.Unsupported, noLogs},
	{"START GROUP_REPLICATION", sqlerr.Unsupported, noLogs},
	{"STOP SLAVE", sqlerr.Unsupported, noLogs},
	{"STOP REPLICA", sqlerr.Unsupported, noLogs},
	{"STOP GROUP_REPLICATION", sqlerr.Unsupported, noLogs},
	{"RESET PERSIST", sqlerr.Unsupported, "the gateway keeps no variables"},
	{"RESET", sqlerr.Unsupported, noLogs},
	{"PURGE", sqlerr.Unsupported, noLogs},
	{"BINLOG", sqlerr.Unsupported, noLogs},
	{"CREATE EVENT", sqlerr.Unsupported, noRoutines},
	{"CREATE FUNCTION", sqlerr.Unsupported, noRoutines},
	{"CREATE AGGREGATE", sqlerr.Unsupported, noRoutines},
	{"CREATE PROCEDURE", sqlerr.Unsupported, noRoutines},
	{"ALTER EVENT", sqlerr.Unsupported, noRoutines},
	{"ALTER FUNCTION", sqlerr.Unsupported, noRoutines},
	{"ALTER PROCEDURE", sqlerr.Unsupported, noRoutines},
	{"SHOW FUNCTION CODE", sqlerr.Errno(1289), "The SHOW PROCEDURE|FUNCTION CODE feature is disabled"},  // ER_FEATURE_DISABLED
	{"SHOW PROCEDURE CODE", sqlerr.Errno(1289), "The SHOW PROCEDURE|FUNCTION CODE feature is disabled"}, // the same
	{"SHOW CREATE PROCEDURE", sqlerr.UnknownFunction, "The procedure does not exist: " + noRoutines},    // ER_SP_DOES_NOT_EXIST
	{"SHOW CREATE FUNCTION", sqlerr.UnknownFunction, "The function does not exist: " + noRoutines},      // the same
	{"SHOW CREATE TRIGGER", sqlerr.Errno(1360), "Trigger does not exist"},                               // ER_TRG_DOES_NOT_EXIST
	{"SHOW CREATE EVENT", sqlerr.Errno(1539), "Unknown event: " + noRoutines},                           // ER_EVENT_DOES_NOT_EXIST
	{"RESIGNAL", sqlerr.Errno(1645), "no handler is active"},                                            // ER_RESIGNAL_WITHOUT_ACTIVE_HANDLER
	{"GET STACKED", sqlerr.Errno(3122), "no handler is active"},                                         // ER_GET_STACKED_DA_WITHOUT_ACTIVE_HANDLER
}...)

// measuredWrites are the writes that an EXPLAIN would have to run.
func measuredWrites() (all []refusal) {
	for _, verb := range []string{"EXPLAIN", "DESCRIBE", "DESC"} {
		for _, write := range []string{"INSERT", "REPLACE", "UPDATE", "DELETE"} {
			all = append(all, refusal{verb + " ANALYZE " + write, sqlerr.Unsupported, notRun})
		}
	}
	return all
}

// refused reports a statement that is not done here, as an error.
func refused(sql string, mode Mode) error {
	w := rewriter{sql: sql}
	for s := (scanner{sql: sql, mode: mode}); len(w.tokens) < 4; {
		t, err := s.next()
		if err != nil || t.kind == end {
			break
		}
		w.tokens = append(w.tokens, t)
	}
	if len(w.tokens) == 0 || w.tokens[0].kind != word {
		return nil
	}
	for _, r := range refusals {
		if w.begins(0, r.words) > 0 {
			if r.code != sqlerr.Unsupported {
				return sqlerr.New(r.code, "%s", r.why)
			}
			return sqlerr.New(r.code, "%s is not supported: %s", r.words, r.why)
		}
	}
	return nil
}
