package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"

	"github.com/silogate/silogate/catalog/store"
)

// User is an account made when the store has none yet, or none is left that has every privilege; it has that, from any host.
type User struct {
	Name     string
	Password string // empty: none is asked for
}

// loadAccounts fills GMS's grant tables from the store, on the first start with users, and has changes kept there. Users are made anew where nobody
// is left who could make accounts: else there were no way back.
func loadAccounts(ctx context.Context, accounts *mysql_db.MySQLDb, kept *store.Store, users []User, log *slog.Logger) error {
	accounts.SetEnabled(true)
	accounts.SetPersister(persister{kept})
	data, err := kept.Accounts(ctx)
	if err != nil {
		return err
	}
	sqlCtx := sql.NewContext(ctx)
	if data != nil {
		if err := accounts.LoadData(sqlCtx, data); err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		if len(users) == 0 || administered(accounts) {
			return nil
		}
		log.Warn("no account is left that has every right: the users of the configuration are made again")
	} else if len(users) == 0 {
		return errors.New("users: nobody could connect: name a first user")
	}
	editor := accounts.Editor()
	defer editor.Close()
	for _, u := range users {
		editor.RemoveUser(mysql_db.UserPrimaryKey{User: u.Name, Host: "%"})
		accounts.AddSuperUser(editor, u.Name, "%", u.Password)
	}
	return accounts.Persist(sqlCtx, editor)
}

// administered reports whether an account that can log in has SUPER, be it by a role.
func administered(accounts *mysql_db.MySQLDb) (found bool) {
	reader := accounts.Reader()
	defer reader.Close()
	reader.VisitUsers(func(u *mysql_db.User) {
		if u.IsRole || u.Locked {
			return
		}
		found = found || u.PrivilegeSet.Has(sql.PrivilegeType_Super)
		for _, edge := range reader.GetToUserRoleEdges(mysql_db.RoleEdgesToKey{ToHost: u.Host, ToUser: u.User}) {
			role, ok := reader.GetUser(mysql_db.UserPrimaryKey{User: edge.FromUser, Host: edge.FromHost})
			found = found || ok && role.PrivilegeSet.Has(sql.PrivilegeType_Super)
		}
	})
	return found
}

// warnOfOpenAccounts logs each account that needs no password where other machines reach the port.
func warnOfOpenAccounts(log *slog.Logger, accounts *mysql_db.MySQLDb, at net.Addr) {
	if tcp, ok := at.(*net.TCPAddr); !ok || tcp.IP.IsLoopback() {
		return
	}
	reader := accounts.Reader()
	defer reader.Close()
	reader.VisitUsers(func(u *mysql_db.User) {
		if u.AuthString == "" && !u.Locked && !u.IsRole {
			log.Warn("an account needs no password, and other machines can reach the port", "user", u.User, "host", u.Host, "listen", at.String())
		}
	})
}

// persister keeps the accounts after each change.
type persister struct{ *store.Store }

// Persist implements mysql_db.MySQLDbPersistence.
func (p persister) Persist(ctx *sql.Context, data []byte) error { return p.PutAccounts(ctx, data) }
