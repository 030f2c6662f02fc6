package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/catalog"
	"github.com/databricks/databricks-sdk-go/service/jobs"
	"github.com/databricks/databricks-sdk-go/service/pipelines"
	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// addMendedHandlers registers what the CLI's fake lacks or does otherwise than a workspace: it lists no pipelines, gives
// every job on one page whatever was asked for, every run as an active one, deletes `/x/sales_eu` with `/x/sales`, takes a
// second schema or volume of one name, and deletes a schema with a volume in it unasked.
func addMendedHandlers(server *testserver.Server) {
	server.Handle("GET", "/api/2.0/pipelines", listPipelines)
	server.Handle("GET", "/api/2.2/jobs/list", listJobs)
	server.Handle("GET", "/api/2.2/jobs/runs/list", listRuns)
	server.Handle("POST", "/api/2.0/workspace/delete", deleteNode)

	var creating sync.Mutex
	server.Handle("POST", "/api/2.1/unity-catalog/schemas", onlyOnce(&creating,
		func(w *testserver.FakeWorkspace, asked catalog.CreateSchema) (string, string) {
			name := strings.ToLower(asked.CatalogName + "." + asked.Name)
			if exists(w, func() bool { _, found := w.Schemas[name]; return found }) {
				return "SCHEMA_ALREADY_EXISTS", fmt.Sprintf("Schema '%s' already exists", name)
			}
			return "", ""
		},
		func(req testserver.Request) any { return req.Workspace.SchemasCreate(req) }))
	server.Handle("DELETE", "/api/2.1/unity-catalog/schemas/{full_name}", func(req testserver.Request) any {
		creating.Lock()
		defer creating.Unlock()
		inside := volumesIn(req.Workspace, req.Vars["full_name"])
		if len(inside) > 0 && req.URL.Query().Get("force") != "true" {
			return apiError(http.StatusBadRequest, "INVALID_STATE", fmt.Sprintf("Schema '%s' is not empty.", req.Vars["full_name"]))
		}
		for _, name := range inside {
			testserver.MapDelete(req.Workspace, req.Workspace.Volumes, name)
		}
		return testserver.MapDelete(req.Workspace, req.Workspace.Schemas, req.Vars["full_name"])
	})
	server.Handle("POST", "/api/2.1/unity-catalog/volumes", onlyOnce(&creating,
		func(w *testserver.FakeWorkspace, asked catalog.CreateVolumeRequestContent) (string, string) {
			name := strings.ToLower(asked.CatalogName + "." + asked.SchemaName + "." + asked.Name)
			if exists(w, func() bool { _, found := w.Volumes[name]; return found }) {
				return "VOLUME_ALREADY_EXISTS", fmt.Sprintf("Volume '%s' already exists", name)
			}
			return "", ""
		},
		func(req testserver.Request) any { return req.Workspace.VolumesCreate(req) }))
}

// onlyOnce returns a handler that refuses to make what is there already; `taken` gives the error's code, or none. Looking
// and creating are two steps of the fake, so they are taken under a lock.
func onlyOnce[T any](
	creating *sync.Mutex, taken func(*testserver.FakeWorkspace, T) (code, message string), create func(testserver.Request) any,
) func(testserver.Request) any {
	return func(req testserver.Request) any {
		creating.Lock()
		defer creating.Unlock()
		var asked T
		if json.Unmarshal(req.Body, &asked) == nil {
			if code, message := taken(req.Workspace, asked); code != "" {
				return apiError(http.StatusBadRequest, code, message)
			}
		}
		return create(req)
	}
}

func volumesIn(w *testserver.FakeWorkspace, schema string) []string {
	defer w.LockUnlock()()
	found := []string{}
	for name := range w.Volumes {
		if strings.HasPrefix(name, schema+".") {
			found = append(found, name)
		}
	}
	return found
}

func exists(w *testserver.FakeWorkspace, look func() bool) bool {
	defer w.LockUnlock()()
	return look()
}

// page is what a list request asks for. A token is the key of the last item given, so that a page stays right when
// items go or come between two requests.
type page struct {
	limit int
	after string
}

func newPage(query url.Values, limitName string, usual, most int) (page, error) {
	asked := page{limit: usual, after: query.Get("page_token")}
	if text := query.Get(limitName); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 0 || limit > most {
			return page{}, fmt.Errorf("%s is a number up to %d, not %q", limitName, most, text)
		}
		if limit > 0 {
			asked.limit = limit
		}
	}
	return asked, nil
}

// cut returns the items of the page and the token of the next one; `items` are in order of their keys.
func cut[T any](asked page, items []T, key func(T) string) ([]T, string) {
	if asked.after != "" {
		items = slices.DeleteFunc(items, func(item T) bool { return key(item) <= asked.after })
	}
	if len(items) <= asked.limit {
		return items, ""
	}
	return items[:asked.limit], key(items[asked.limit-1])
}

func paddedID(id int64) string { return fmt.Sprintf("%020d", id) }

func listJobs(req testserver.Request) any {
	query := req.URL.Query()
	asked, err := newPage(query, "limit", 20, 100)
	if err != nil {
		return badRequest(err)
	}
	all, ok := req.Workspace.JobsList().Body.(jobs.ListJobsResponse)
	if !ok {
		return apiError(http.StatusInternalServerError, "INTERNAL_ERROR", "The fake's list of jobs has another type now.")
	}
	found := all.Jobs
	if name := query.Get("name"); name != "" {
		found = slices.DeleteFunc(found, func(job jobs.BaseJob) bool {
			return job.Settings == nil || !strings.EqualFold(job.Settings.Name, name)
		})
	}
	found, next := cut(asked, found, func(job jobs.BaseJob) string { return paddedID(job.JobId) })
	if query.Get("expand_tasks") != "true" {
		for i, job := range found {
			if job.Settings == nil {
				continue
			}
			settings := *job.Settings
			settings.Tasks = nil
			settings.JobClusters = nil
			found[i].Settings = &settings
		}
	}
	return testserver.Response{Body: jobs.ListJobsResponse{Jobs: found, NextPageToken: next, HasMore: next != ""}}
}

func listRuns(req testserver.Request) any {
	query := req.URL.Query()
	asked, err := newPage(query, "limit", 20, 100)
	if err != nil {
		return badRequest(err)
	}
	found := []jobs.BaseRun{}
	func() {
		defer req.Workspace.LockUnlock()()
		for _, run := range req.Workspace.JobRuns {
			if id := query.Get("job_id"); id != "" && id != strconv.FormatInt(run.JobId, 10) {
				continue
			}
			active := run.State != nil && slices.Contains(activeStates, run.State.LifeCycleState)
			if (query.Get("active_only") == "true" && !active) || (query.Get("completed_only") == "true" && active) {
				continue
			}
			found = append(found, jobs.BaseRun{
				JobId: run.JobId, RunId: run.RunId, RunName: run.RunName, RunType: run.RunType, RunPageUrl: run.RunPageUrl, State: run.State,
			})
		}
	}()
	slices.SortFunc(found, func(a, b jobs.BaseRun) int { return cmp.Compare(a.RunId, b.RunId) })
	found, next := cut(asked, found, func(run jobs.BaseRun) string { return paddedID(run.RunId) })
	return testserver.Response{Body: jobs.ListRunsResponse{Runs: found, NextPageToken: next, HasMore: next != ""}}
}

var activeStates = []jobs.RunLifeCycleState{
	jobs.RunLifeCycleStateQueued, jobs.RunLifeCycleStatePending, jobs.RunLifeCycleStateRunning, jobs.RunLifeCycleStateTerminating,
	jobs.RunLifeCycleStateBlocked, jobs.RunLifeCycleStateWaitingForRetry,
}

var nameFilter = regexp.MustCompile(`(?is)^\s*name\s+LIKE\s+'(.*)'\s*$`)

func listPipelines(req testserver.Request) any {
	query := req.URL.Query()
	asked, err := newPage(query, "max_results", 25, 100)
	if err != nil {
		return badRequest(err)
	}
	wanted, err := pipelineFilter(query.Get("filter"))
	if err != nil {
		return badRequest(err)
	}
	found := []pipelines.PipelineStateInfo{}
	func() {
		defer req.Workspace.LockUnlock()()
		for id, pipeline := range req.Workspace.Pipelines {
			if !wanted.MatchString(pipeline.Name) {
				continue
			}
			found = append(found, pipelines.PipelineStateInfo{
				PipelineId: id, Name: pipeline.Name, State: pipeline.State, CreatorUserName: pipeline.CreatorUserName,
				RunAsUserName: pipeline.RunAsUserName, LatestUpdates: pipeline.LatestUpdates,
			})
		}
	}()
	slices.SortFunc(found, func(a, b pipelines.PipelineStateInfo) int { return cmp.Compare(a.PipelineId, b.PipelineId) })
	found, next := cut(asked, found, func(pipeline pipelines.PipelineStateInfo) string { return pipeline.PipelineId })
	return testserver.Response{Body: pipelines.ListPipelinesResponse{Statuses: found, NextPageToken: next}}
}

// pipelineFilter returns the names that a filter lets through: `name LIKE '…'` with `%` and `_`, as in SQL.
func pipelineFilter(filter string) (*regexp.Regexp, error) {
	if strings.TrimSpace(filter) == "" {
		return regexp.Compile("")
	}
	parts := nameFilter.FindStringSubmatch(filter)
	if parts == nil {
		return nil, fmt.Errorf("the filter %q is not of the form name LIKE '...'", filter)
	}
	pattern := regexp.QuoteMeta(parts[1])
	pattern = strings.ReplaceAll(pattern, "%", ".*")
	pattern = strings.ReplaceAll(pattern, "_", ".")
	return regexp.Compile("(?is)^" + pattern + "$")
}

// deleteNode deletes a file, or a folder with what lies in it and nothing beside it.
func deleteNode(req testserver.Request) any {
	var request workspace.Delete
	if err := json.Unmarshal(req.Body, &request); err != nil {
		return badRequest(err)
	}
	name := path.Clean("/" + request.Path)
	w := req.Workspace
	if !w.FileExists(name) && !w.DirectoryExists(name) {
		return apiError(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", fmt.Sprintf("Path (%s) doesn't exist.", name))
	}
	if listing, isList := w.WorkspaceList(name).Body.(workspace.ListResponse); isList && len(listing.Objects) > 0 {
		if !request.Recursive {
			return apiError(http.StatusBadRequest, "DIRECTORY_NOT_EMPTY", fmt.Sprintf("Folder (%s) is not empty", name))
		}
		// The fake compares text: with the slash it stays below this folder.
		w.WorkspaceDelete(name+"/", true)
	}
	w.WorkspaceDelete(name, false)
	return done()
}
