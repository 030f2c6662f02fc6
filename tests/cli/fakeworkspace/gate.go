package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/databricks/cli/libs/testserver"
)

const controlPrefix = "/__test__/"

// gate stands before the fake: it logs each request and lets the rules act on it.
type gate struct {
	next    http.Handler
	rules   *rules
	journal *journal
}

func newGate(next http.Handler, rules *rules, journal *journal) *gate {
	return &gate{next: next, rules: rules, journal: journal}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		g.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	e := &entry{
		Time:          time.Now().UTC(),
		Token:         bearerToken(r),
		PID:           testserver.ExtractPidFromHeaders(r.Header),
		Method:        r.Method,
		Path:          r.URL.Path,
		Query:         r.URL.RawQuery,
		WorkspacePath: workspacePath(r, body),
	}
	g.journal.add(e)

	acting := g.rules.due(e)
	if acting == nil {
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		g.next.ServeHTTP(recorder, r)
		if recorder.status == http.StatusNotImplemented {
			g.rules.harness.report(e.Token, fmt.Sprintf("the fake has no answer for %s %s", e.Method, e.Path))
		}
		g.journal.finish(e, recorder.status, 0)
		return
	}

	if !acting.AfterWork && g.act(w, r, acting, e) {
		return
	}
	// The work is done whether or not the client is still there when it ends.
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r.Clone(context.WithoutCancel(r.Context())))
	if acting.AfterWork && g.act(w, r, acting, e) {
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
	g.journal.finish(e, answer.Code, acting.ID)
}

// act does what the rule says and returns whether the request is answered with that. A request that is to get no answer
// at all ends here: net/http closes its connection.
func (g *gate) act(w http.ResponseWriter, r *http.Request, acting *rule, e *entry) bool {
	present := g.rules.wait(acting, r)
	if present && acting.Kill {
		g.kill(e)
	}
	if !present || acting.Kill || acting.Drop {
		g.journal.finish(e, 0, acting.ID)
		panic(http.ErrAbortHandler)
	}
	if acting.Status == 0 {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range acting.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(acting.Status)
	_, _ = w.Write(acting.Body)
	g.journal.finish(e, acting.Status, acting.ID)
	return true
}

// kill ends the CLI that sent the request and waits until it is gone.
func (g *gate) kill(e *entry) {
	if err := syscall.Kill(e.PID, syscall.SIGKILL); err != nil {
		g.rules.harness.report(e.Token, fmt.Sprintf("process %d was not killed: %s", e.PID, err))
		return
	}
	// The process stays visible until its parent has asked for its exit code.
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if syscall.Kill(e.PID, 0) != nil {
			return
		}
	}
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func bearerToken(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// Where a URL itself names a workspace file or folder.
var pathPrefixes = []string{
	"/api/2.0/workspace-files/import-file/",
	"/api/2.0/workspace-files/",
	"/api/2.0/fs/files/",
	"/api/2.0/fs/directories/",
}

// workspacePath returns the file or folder that a request is about, or nothing.
func workspacePath(r *http.Request, body []byte) string {
	for _, prefix := range pathPrefixes {
		if rest, found := strings.CutPrefix(r.URL.Path, prefix); found {
			return path.Clean("/" + rest)
		}
	}
	if !strings.HasPrefix(r.URL.Path, "/api/2.0/workspace/") {
		return ""
	}
	if named := r.URL.Query().Get("path"); named != "" {
		return path.Clean("/" + named)
	}
	var named struct {
		Path string `json:"path"`
	}
	if json.Unmarshal(body, &named) != nil || named.Path == "" {
		return ""
	}
	return path.Clean("/" + named.Path)
}
