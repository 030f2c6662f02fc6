// Command fakeworkspace serves the Databricks CLI's own fake workspace on a free loopback port, for this repository's
// tests. It prints one line of JSON with its URL when it is ready and ends when its standard input closes, so that no
// server outlives the test run that started it.
//
// Each bearer token is a workspace of its own, as in the CLI's tests. What is added lies in files of their own:
// control.go (the tests' own endpoints, below /__test__/), rules.go (faults, kills, delays), journal.go (the request
// log), mended.go, named.go and archives.go (answers that the CLI's fake lacks, or gives otherwise than a workspace does).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/databricks/cli/libs/testserver"
)

func main() {
	harness := &harness{}
	server := testserver.New(harness)
	rules := newRules(harness)
	journal := &journal{}

	// The first registration of a route wins, so the defaults come last.
	addMendedHandlers(server)
	addNotebookHandlers(server)
	addExportHandler(server)
	made := newDashboardLog()
	addNamedHandlers(server, made)
	addControlHandlers(server, rules, journal, harness, made)
	testserver.AddDefaultHandlers(server)

	// No request has been made yet: nobody knows the URL.
	server.Config.Handler = newGate(server.Config.Handler, rules, journal)

	ready, err := json.Marshal(map[string]string{"url": server.URL})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(ready))

	_, _ = io.Copy(io.Discard, os.Stdin)
	rules.releaseAll()
	harness.close()
}
