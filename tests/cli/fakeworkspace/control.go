package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/jobs"
	"github.com/databricks/databricks-sdk-go/service/pipelines"
	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// addControlHandlers registers the tests' own endpoints. Each speaks of the token that it is called with.
func addControlHandlers(
	server *testserver.Server, rules *rules, journal *journal, harness *harness, made *dashboardLog,
) {
	server.Handle("GET", controlPrefix+"requests", func(req testserver.Request) any {
		return journal.list(req.Token, req.URL.Query().Get("all") == "true")
	})
	server.Handle("DELETE", controlPrefix+"requests", func(req testserver.Request) any {
		journal.clear(req.Token)
		return done()
	})

	server.Handle("GET", controlPrefix+"rules", func(req testserver.Request) any {
		return rules.of(req.Token)
	})
	server.Handle("POST", controlPrefix+"rules", func(req testserver.Request) any {
		var r rule
		if err := decode(req.Body, &r); err != nil {
			return badRequest(err)
		}
		r.token = req.Token
		if err := r.prepare(); err != nil {
			return badRequest(err)
		}
		rules.add(&r)
		return map[string]int{"id": r.ID}
	})
	server.Handle("DELETE", controlPrefix+"rules", func(req testserver.Request) any {
		rules.clear(req.Token)
		return done()
	})
	server.Handle("POST", controlPrefix+"release", func(req testserver.Request) any {
		var body struct {
			ID int `json:"id"`
		}
		if err := decode(req.Body, &body); err != nil {
			return badRequest(err)
		}
		if !rules.release(req.Token, body.ID) {
			return badRequest(fmt.Errorf("this token has no rule %d", body.ID))
		}
		return done()
	})

	server.Handle("GET", controlPrefix+"workspace", func(req testserver.Request) any {
		root := req.URL.Query().Get("root")
		return map[string]any{
			"nodes":     nodes(req.Workspace, root, req.URL.Query().Get("content") != "false"),
			"resources": resources(req.Workspace, made),
		}
	})

	// A run that lasts until the test ends it: the fake's own runs end as soon as somebody looks.
	server.Handle("POST", controlPrefix+"active-run", func(req testserver.Request) any {
		return setActive(req)
	})

	// All of a workspace's requests come from one identity, so somebody else's schema is one that is said to be so.
	server.Handle("POST", controlPrefix+"creator", func(req testserver.Request) any {
		return setCreator(req)
	})

	server.Handle("GET", controlPrefix+"problems", func(req testserver.Request) any {
		return harness.list(req.Token, req.URL.Query().Get("all") == "true")
	})
}

func done() testserver.Response {
	return testserver.Response{Body: map[string]any{}}
}

func badRequest(err error) testserver.Response {
	return apiError(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", err.Error())
}

func apiError(status int, code, message string) testserver.Response {
	return testserver.Response{StatusCode: status, Body: map[string]string{"error_code": code, "message": message}}
}

func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// node is a file or a folder of a workspace.
type node struct {
	Path    string               `json:"path"`
	Type    workspace.ObjectType `json:"type"`
	Content []byte               `json:"content,omitempty"`
}

// nodes returns everything below a folder, parents first. The fake gives no access to its files but through its API.
func nodes(w *testserver.FakeWorkspace, root string, withContent bool) []node {
	found := []node{}
	listing, ok := w.WorkspaceList(root).Body.(workspace.ListResponse)
	if !ok {
		return found
	}
	for _, object := range listing.Objects {
		next := node{Path: object.Path, Type: object.ObjectType}
		if object.ObjectType == workspace.ObjectTypeDirectory {
			found = append(found, next)
			found = append(found, nodes(w, object.Path, withContent)...)
			continue
		}
		if withContent {
			next.Content = w.WorkspaceExport(object.Path)
		}
		found = append(found, next)
	}
	return found
}

// resources returns what the fake keeps of each kind that has anything: its exported maps, named as the CLI names kinds.
func resources(w *testserver.FakeWorkspace, made *dashboardLog) map[string]json.RawMessage {
	defer w.LockUnlock()()
	found := map[string]json.RawMessage{}
	if dashboards := made.of(w); len(dashboards) > 0 {
		found["dashboards"] = encode(dashboards)
	}
	value := reflect.ValueOf(w).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Map || value.Field(i).Len() == 0 {
			continue
		}
		// Encoded here, under the lock: the maps go on changing.
		found[snakeCase(field.Name)] = encode(value.Field(i).Interface())
	}
	return found
}

func encode(value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		encoded, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	return encoded
}

func snakeCase(name string) string {
	var text strings.Builder
	for i, letter := range name {
		if i > 0 && unicode.IsUpper(letter) && !unicode.IsUpper(rune(name[i-1])) {
			text.WriteByte('_')
		}
		text.WriteRune(unicode.ToLower(letter))
	}
	return text.String()
}

// setActive makes a job or a pipeline look busy, or idle again.
func setActive(req testserver.Request) any {
	var body struct {
		JobID      int64  `json:"job_id"`
		PipelineID string `json:"pipeline_id"`
		Active     bool   `json:"active"`
	}
	if err := decode(req.Body, &body); err != nil {
		return badRequest(err)
	}
	w := req.Workspace
	defer w.LockUnlock()()
	if pipeline, found := w.Pipelines[body.PipelineID]; found {
		pipeline.State = pipelines.PipelineStateIdle
		pipeline.LatestUpdates = nil
		if body.Active {
			pipeline.State = pipelines.PipelineStateRunning
			pipeline.LatestUpdates = []pipelines.UpdateStateInfo{{UpdateId: "active", State: pipelines.UpdateStateInfoStateRunning}}
		}
		w.Pipelines[body.PipelineID] = pipeline
		return done()
	}
	if _, found := w.Jobs[body.JobID]; !found {
		return badRequest(fmt.Errorf("this workspace has no job %d and no pipeline %q", body.JobID, body.PipelineID))
	}
	// One such run per job; its id can't be that of a real one, which are large.
	if body.Active {
		w.JobRuns[body.JobID] = jobs.Run{
			JobId: body.JobID,
			RunId: body.JobID,
			State: &jobs.RunState{LifeCycleState: jobs.RunLifeCycleStateRunning},
		}
	} else {
		delete(w.JobRuns, body.JobID)
	}
	return done()
}

// setCreator makes a schema look as if another identity had created it.
func setCreator(req testserver.Request) any {
	var body struct {
		Schema  string `json:"schema"`
		Creator string `json:"creator"`
	}
	if err := decode(req.Body, &body); err != nil {
		return badRequest(err)
	}
	w := req.Workspace
	defer w.LockUnlock()()
	schema, found := w.Schemas[body.Schema]
	if !found {
		return badRequest(fmt.Errorf("this workspace has no schema %q", body.Schema))
	}
	schema.CreatedBy, schema.Owner = body.Creator, body.Creator
	w.Schemas[body.Schema] = schema
	return done()
}
