package storage

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// Azure is a container of an account of Azure Blob Storage.
var Azure = Kind{"az://", "az://container/prefix", []string{
	"account", "account_key", "sas_token", "connection_string", "tenant_id", "client_id", "client_secret", "endpoint", "ca", "anonymous",
}, isAzure, parseAzure}

func isAzure(at Address, _ connectors.Options) bool {
	switch at.Scheme {
	case "az":
		return at.Host != "" && at.User == nil
	case "abfs", "abfss":
		return at.User != nil
	case "https":
		return at.User == nil && blob.AzureHost(at.Hostname())
	}
	return false
}

// parseAzure reads which container, of which account, and by which credential.
func parseAzure(at Address, o connectors.Options) (Place, error) {
	azure := blob.AzureConfig{
		Account: o["account"], CA: o["ca"], Key: connectors.Secret(o["account_key"]), SAS: connectors.Secret(o["sas_token"]),
		Principal: blob.AzurePrincipal{Tenant: o["tenant_id"], Client: o["client_id"], Secret: connectors.Secret(o["client_secret"])},
	}
	if err := boolean(o, "anonymous", &azure.Anonymous); err != nil {
		return Place{}, err
	}
	endpoint, err := server(o, "endpoint")
	if err != nil {
		return Place{}, err
	}
	azure.Endpoint = endpoint
	if err := connectionString(&azure, o); err != nil {
		return Place{}, err
	}
	below := at.Path
	switch at.Scheme {
	case "az":
		azure.Container = at.Host
	case "https":
		azure.Container, below, _ = strings.Cut(strings.TrimPrefix(at.Path, "/"), "/")
		err = accountOf(&azure, at, at.Host)
	default:
		azure.Container = at.User.Username()
		err = accountOf(&azure, at, strings.Replace(at.Host, ".dfs.core.", ".blob.core.", 1))
	}
	if err != nil {
		return Place{}, err
	}
	if azure.Endpoint == nil && azure.Account != "" {
		azure.Endpoint = &url.URL{Scheme: "https", Host: azure.Account + ".blob.core.windows.net"}
	}
	if err := checkAzure(azure, at); err != nil {
		return Place{}, err
	}
	return Place{
		Prefix: prefixOf(below),
		path:   azurePath(azure),
		Open: func(cfg connectors.Config) (blob.Store, error) {
			azure.Log = cfg.Log
			return blob.NewAzure(azure)
		},
	}, nil
}

// azurePath is the path of a blob of a container by its address: that of Hadoop's file systems for Azure, or below the endpoint.
func azurePath(azure blob.AzureConfig) func(scheme, rest string) (string, bool) {
	endpoint := azure.Endpoint.Host + strings.TrimSuffix(azure.Endpoint.Path, "/") + "/" + azure.Container + "/"
	return func(scheme, rest string) (string, bool) {
		host, at, _ := strings.Cut(rest, "/")
		switch scheme {
		case azure.Endpoint.Scheme:
			return strings.CutPrefix(rest, endpoint)
		case "az":
			return at, host == azure.Container
		case "abfs", "abfss", "wasb", "wasbs":
			container, of, _ := strings.Cut(host, "@")
			account, _, _ := strings.Cut(of, ".")
			return at, container == azure.Container && account == azure.Account
		}
		return "", false
	}
}

// accountOf takes the account and, unless it is given, the endpoint from a host of Azure's.
func accountOf(azure *blob.AzureConfig, at Address, host string) error {
	account, _, _ := strings.Cut(host, ".")
	if !blob.AzureHost(host) {
		return fmt.Errorf("%s must name an account of Azure: abfss://container@account.dfs.core.windows.net/prefix", at.Option)
	}
	if azure.Account != "" && azure.Account != account {
		return fmt.Errorf("%s names another account than the other options", at.Option)
	}
	azure.Account = account
	if azure.Endpoint == nil {
		azure.Endpoint = &url.URL{Scheme: "https", Host: host}
	}
	return nil
}

// connectionString reads what Azure's portal gives out: an account, its endpoint, and a key or a signature.
func connectionString(azure *blob.AzureConfig, o connectors.Options) error {
	text := o["connection_string"]
	if text == "" {
		return nil
	}
	for _, key := range []string{"account", "account_key", "sas_token", "endpoint"} {
		if o[key] != "" {
			return fmt.Errorf("connection_string and %s exclude each other", key)
		}
	}
	parts := map[string]string{"DefaultEndpointsProtocol": "https", "EndpointSuffix": "core.windows.net"}
	for part := range strings.SplitSeq(strings.Trim(strings.TrimSpace(text), ";"), ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("connection_string must be Name=value;Name=value")
		}
		parts[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	azure.Account = parts["AccountName"]
	azure.Key, azure.SAS = connectors.Secret(parts["AccountKey"]), connectors.Secret(parts["SharedAccessSignature"])
	endpoint := parts["BlobEndpoint"]
	if endpoint == "" && azure.Account != "" {
		endpoint = parts["DefaultEndpointsProtocol"] + "://" + azure.Account + ".blob." + parts["EndpointSuffix"]
	}
	var err error
	if azure.Endpoint, err = server(connectors.Options{"BlobEndpoint": endpoint}, "BlobEndpoint"); err != nil {
		return fmt.Errorf("connection_string: %w", err)
	}
	return nil
}

// checkAzure finds what is missing and what excludes each other.
func checkAzure(azure blob.AzureConfig, at Address) error {
	p := azure.Principal
	principal, credentials := p != (blob.AzurePrincipal{}), 0
	for _, given := range []bool{azure.Key != "", azure.SAS != "", principal, azure.Anonymous} {
		if given {
			credentials++
		}
	}
	switch {
	case azure.Container == "":
		return fmt.Errorf("%s must name a container: https://account.blob.core.windows.net/container/prefix", at.Option)
	case azure.Endpoint == nil:
		return fmt.Errorf("option account is missing")
	case azure.Key != "" && azure.Account == "":
		return fmt.Errorf("account_key belongs to account")
	case principal && (p.Tenant == "" || p.Client == "" || p.Secret == ""):
		return fmt.Errorf("tenant_id, client_id and client_secret belong together")
	case credentials > 1:
		return fmt.Errorf("account_key, sas_token, client_secret and anonymous exclude each other")
	}
	return nil
}
