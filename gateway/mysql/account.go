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

// User is an account made when the store has none yet; it has every privilege, from any host.
type User struct {
	Name     string
	Password string // empty: none is asked for
}

// loadAccounts fills GMS's grant tables from the store, on the first start with users, and has changes kept there.
func loadAccounts(ctx context.Context, accounts *mysql_db.MySQLDb, kept *store.Store, users []User) error {
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
		return nil
	}
	if len(users) == 0 {
		return errors.New("users: nobody could connect: name a first user")
	}
	editor := accounts.Editor()
	defer editor.Close()
	for _, u := range users {
		accounts.AddSuperUser(editor, u.Name, "%", u.Password)
	}
	return accounts.Persist(sqlCtx, editor)
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
