package parse

import (
	"slices"
	"strings"
)

// show is a SHOW statement that the other grammar lacks, or answers in other columns than MySQL. Rewrite makes a query of it.
type show struct {
	words    string   // after SHOW
	columns  []string // of nothing; those that hold numbers end in #
	query    string   // in their place, where there is something
	like     string   // the column that a LIKE is about; "": neither that nor WHERE may follow
	database bool     // FROM or IN and a database may follow
	open     bool     // anything may follow
}

// showAlias is the name of the derived table that such a query reads.
const showAlias = ours + "show"

// replicaColumns are those of SHOW REPLICA STATUS, binlogColumns those of what logs hold.
var (
	replicaColumns = strings.Fields(`Replica_IO_State Source_Host Source_User Source_Port# Connect_Retry# Source_Log_File Read_Source_Log_Pos#
		Relay_Log_File Relay_Log_Pos# Relay_Source_Log_File Replica_IO_Running Replica_SQL_Running Replicate_Do_DB Replicate_Ignore_DB
		Replicate_Do_Table Replicate_Ignore_Table Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno# Last_Error Skip_Counter#
		Exec_Source_Log_Pos# Relay_Log_Space# Until_Condition Until_Log_File Until_Log_Pos# Source_SSL_Allowed Source_SSL_CA_File
		Source_SSL_CA_Path Source_SSL_Cert Source_SSL_Cipher Source_SSL_Key Seconds_Behind_Source# Source_SSL_Verify_Server_Cert Last_IO_Errno#
		Last_IO_Error Last_SQL_Errno# Last_SQL_Error Replicate_Ignore_Server_Ids Source_Server_Id# Source_UUID Source_Info_File SQL_Delay#
		SQL_Remaining_Delay# Replica_SQL_Running_State Source_Retry_Count# Source_Bind Last_IO_Error_Timestamp Last_SQL_Error_Timestamp
		Source_SSL_Crl Source_SSL_Crlpath Retrieved_Gtid_Set Executed_Gtid_Set Auto_Position# Replicate_Rewrite_DB Channel_Name
		Source_TLS_Version Source_public_key_path Get_Source_public_key# Network_Namespace`)
	binlogColumns = []string{"Log_name", "Pos#", "Event_type", "Server_id#", "End_log_pos#", "Info"}
)

// shows are these statements. What the gateway has none of is empty: plugins, routines, events, logs and replicas.
var shows = []show{
	{words: "OPEN TABLES", columns: []string{"Database", "Table", "In_use#", "Name_locked#"}, like: "Table", database: true},
	{words: "PLUGINS", columns: []string{"Name", "Status", "Type", "Library", "License"}},
	{words: "PROFILES", columns: []string{"Query_ID#", "Duration", "Query"}},
	{words: "PROFILE", columns: []string{"Status", "Duration"}, open: true},
	{words: "EVENTS", columns: []string{"Db", "Name", "Definer", "Time zone", "Type", "Execute at", "Interval value", "Interval field", "Starts", "Ends",
		"Status", "Originator#", "character_set_client", "collation_connection", "Database Collation"}, like: "Name", database: true},
	{words: "BINLOG EVENTS", columns: binlogColumns, open: true},
	{words: "RELAYLOG EVENTS", columns: binlogColumns, open: true},
	{words: "REPLICA STATUS", columns: replicaColumns, open: true},
	{words: "SLAVE STATUS", columns: asSlave(replicaColumns), open: true},
	{words: "REPLICAS", columns: []string{"Server_Id#", "Host", "Port#", "Source_Id#", "Replica_UUID"}},
	{words: "SLAVE HOSTS", columns: []string{"Server_id#", "Host", "Port#", "Master_id#", "Slave_UUID"}},
	{words: "ENGINE", columns: []string{"Type", "Name", "Status"}, open: true},
	{words: "COLLATION", like: "Collation", query: "SELECT COLLATION_NAME AS `Collation`, CHARACTER_SET_NAME AS `Charset`, ID AS `Id`, IS_DEFAULT AS `Default`, " +
		"IS_COMPILED AS `Compiled`, SORTLEN AS `Sortlen`, PAD_ATTRIBUTE AS `Pad_attribute` FROM information_schema.COLLATIONS"},
	{words: "STATUS", like: "Variable_name", query: statusOf("session")},
	{words: "SESSION STATUS", like: "Variable_name", query: statusOf("session")},
	{words: "LOCAL STATUS", like: "Variable_name", query: statusOf("session")},
	{words: "GLOBAL STATUS", like: "Variable_name", query: statusOf("global")},
	{words: "VARIABLES", like: "Variable_name", query: variablesOf("session")},
	{words: "SESSION VARIABLES", like: "Variable_name", query: variablesOf("session")},
	{words: "LOCAL VARIABLES", like: "Variable_name", query: variablesOf("session")},
	{words: "GLOBAL VARIABLES", like: "Variable_name", query: variablesOf("global")},
	{words: "COUNT ( * ) WARNINGS", query: "SELECT @@session.warning_count AS `@@session.warning_count`"},
	{words: "COUNT ( * ) ERRORS", query: "SELECT @@session.error_count AS `@@session.error_count`"},
}

// variablesOf lists the system variables of a scope.
func variablesOf(scope string) string {
	return "SELECT VARIABLE_NAME AS `Variable_name`, VARIABLE_VALUE AS `Value` FROM performance_schema." + scope + "_variables"
}

// statusOf lists the status variables of a scope.
func statusOf(scope string) string {
	return "SELECT VARIABLE_NAME AS `Variable_name`, VARIABLE_VALUE AS `Value` FROM performance_schema." + scope + "_status"
}

// asSlave are the columns by the words of before 8.0.22.
func asSlave(columns []string) []string {
	words := strings.NewReplacer("Replicate", "Replicate", "Replica", "Slave", "Source", "Master")
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = words.Replace(c)
	}
	return out
}

// show makes a query of a SHOW, which ends before the token at end, if it is one that has to be.
func (w *rewriter) show(end int) (query string, ok bool) {
	if !w.tokens[0].is("SHOW") {
		return "", false
	}
	for _, s := range shows {
		n := w.begins(1, s.words)
		if n == 0 {
			continue
		}
		at := 1 + n
		if s.database && at+1 < end && (w.tokens[at].is("FROM") || w.tokens[at].is("IN")) {
			at += 2
		}
		order := ""
		if s.query != "" && s.like != "" {
			order = " ORDER BY `" + s.like + "`"
		}
		switch {
		case at >= end || s.open:
			return s.text() + order, true
		case s.like != "" && w.tokens[at].is("LIKE") && at+2 == end:
			return s.text() + " WHERE `" + s.like + "` " + w.sql[w.tokens[at].start:w.tokens[end-1].end] + order, true
		case s.like != "" && w.tokens[at].is("WHERE"):
			return s.text() + " " + w.sql[w.tokens[at].start:w.tokens[end-1].end] + order, true
		}
	}
	return "", false
}

// text is the query but for conditions on its rows.
func (s show) text() string {
	query := s.query
	if query == "" {
		items := make([]string, len(s.columns))
		for i, c := range s.columns {
			value := "''"
			if name, number := strings.CutSuffix(c, "#"); number {
				value, c = "0", name
			}
			items[i] = value + " AS `" + c + "`"
		}
		query = "SELECT " + strings.Join(items, ", ") + " FROM DUAL WHERE 1 = 0"
	}
	if s.query != "" && s.like == "" {
		return query
	}
	return "SELECT * FROM (" + query + ") AS " + showAlias
}

// showsIn reports whether the IN at i stands for the FROM of a SHOW.
func (w *rewriter) showsIn(i int) bool {
	return w.tokens[0].is("SHOW") && !slices.ContainsFunc(w.tokens[:i], func(t token) bool { return t.is("WHERE") })
}
