/** Generated from openapi.json: `npm run gen`. */
export interface paths {
    readonly "/": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What this is and where to go */
        readonly get: operations["getWelcome"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Stormbolt agents that may get a certificate, newest first */
        readonly get: operations["listActivationAgents"];
        readonly put?: never;
        /**
         * Let a stormbolt agent get certificates
         * @description The token is in this answer and nowhere else: only its hash is kept.
         */
        readonly post: operations["createActivationAgent"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One stormbolt agent that may get a certificate */
        readonly get: operations["getActivationAgent"];
        /**
         * Change what a stormbolt agent may get
         * @description Its uses begin anew. Without a token the one that it has stays.
         */
        readonly put: operations["replaceActivationAgent"];
        readonly post?: never;
        /** Remove a stormbolt agent: its certificates are worth nothing any more */
        readonly delete: operations["removeActivationAgent"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents/{id}/bolt": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * How the agent connects
         * @description With HTTP Basic.
         */
        readonly get: operations["getAgentBolt"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents/{id}/csr": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * A certificate for the agent's key
         * @description With HTTP Basic. The body is a CSR in PEM, as it is or as a part of a form. Its common name is the agent's id; nothing else of it but its key is taken.
         */
        readonly post: operations["activateAgent"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents/{id}/status/{status}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Let a stormbolt agent in, or keep it out */
        readonly put: operations["setActivationStatus"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/agents/serialkey/{serialkey}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The id of the agent with this serial key
         * @description With HTTP Basic: the serial key and the agent's token.
         */
        readonly get: operations["findActivationAgent"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/api-tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The API tokens, newest first */
        readonly get: operations["listApiTokens"];
        readonly put?: never;
        /**
         * Make an API token
         * @description The token is in this answer and nowhere else: only its hash is kept.
         */
        readonly post: operations["createApiToken"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/api-tokens/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Revoke an API token, at once */
        readonly delete: operations["revokeApiToken"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Entries of the audit log, the newest first */
        readonly get: operations["listAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The whole audit log as lines of JSON that can be checked without this server
         * @description The first line says, signed, what follows: `atalaya audit verify FILE` checks it.
         */
        readonly get: operations["exportAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit/verify": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether the audit log is as it was written */
        readonly get: operations["verifyAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/blobs/{sha256}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A blob that you uploaded, or that a job names which you may see */
        readonly get: operations["getBlob"];
        /**
         * Upload a blob, whole or in parts
         * @description An upload that broke off goes on at `received` of its status; a part elsewhere is refused with `request.conflict` and the offset in its details.
         */
        readonly put: operations["putBlob"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/blobs/{sha256}/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far your upload of a blob has come */
        readonly get: operations["getBlobStatus"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Deployments, the newest first */
        readonly get: operations["listDeployments"];
        readonly put?: never;
        /**
         * Place files in a folder on a set of hosts
         * @description The files are uploaded as blobs before. Its job is followed, cancelled and retried as any other.
         */
        readonly post: operations["createDeployment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/{deployment}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One deployment, with its files */
        readonly get: operations["getDeployment"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/{deployment}/again": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** The same once more, on the hosts its selector hits now */
        readonly post: operations["deployAgain"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/{deployment}/hosts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What became of it on each host, by the last attempt there */
        readonly get: operations["listDeploymentHosts"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/{deployment}/rollback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Put back what it replaced, remove what it made */
        readonly post: operations["rollBackDeployment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/saved": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Deployments kept under a name */
        readonly get: operations["listSavedDeployments"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/saved/{name}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One saved deployment */
        readonly get: operations["getSavedDeployment"];
        /** Keep a deployment and its files under a name */
        readonly put: operations["putSavedDeployment"];
        readonly post?: never;
        /** Forget a saved deployment */
        readonly delete: operations["deleteSavedDeployment"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/deployments/saved/{name}/run": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Run a saved deployment */
        readonly post: operations["runSavedDeployment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/discovered": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Machines seen on the network, in the order they were first seen
         * @description Found by MarcoPolo (UDP multicast) and DNS-SD in the server's own networks.
         */
        readonly get: operations["listDiscovered"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/discovered/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One machine seen on the network */
        readonly get: operations["getDiscovered"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/discovered/{id}/enrol": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Let a seen machine in: accept it if it waits, or get the line to type there */
        readonly post: operations["enrolDiscovered"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/enrolments": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The enrolments, newest first */
        readonly get: operations["listEnrolments"];
        readonly put?: never;
        /**
         * Ask to be enrolled, or how an enrolment stands
         * @description For agents. The CSR's signature proves who asks; with a join token the answer is a certificate.
         */
        readonly post: operations["enrol"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/enrolments/{id}/accept": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Let a waiting machine in
         * @description It gets its certificate when it asks again. One that was rejected may be accepted too.
         */
        readonly post: operations["acceptEnrolment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/enrolments/{id}/reject": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Turn a waiting machine away
         * @description It is refused whenever it asks again.
         */
        readonly post: operations["rejectEnrolment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/enrolments/{id}/revoke": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Revoke an enrolment, at once
         * @description Its link ends, its certificates are void, its host stays in the fleet.
         */
        readonly post: operations["revokeEnrolment"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/fleet/overview": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The fleet at a glance: counts by place and state, and load */
        readonly get: operations["getFleetOverview"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/groups": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Saved selectors */
        readonly get: operations["listGroups"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/groups/{group}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One saved selector */
        readonly get: operations["getGroup"];
        /** Save a selector under a name */
        readonly put: operations["putGroup"];
        readonly post?: never;
        /** Forget a saved selector that no other uses */
        readonly delete: operations["deleteGroup"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Hosts that a selector hits, in natural order of names */
        readonly get: operations["listHosts"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One host with all that is known of it */
        readonly get: operations["getHost"];
        readonly put?: never;
        readonly post?: never;
        /** Forget an offline host and all that is known of it */
        readonly delete: operations["forgetHost"];
        readonly options?: never;
        readonly head?: never;
        /** Rename, label or place a host */
        readonly patch: operations["changeHost"];
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What happened to a host, newest first */
        readonly get: operations["getHostHistory"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/merge": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Say that two hosts are one machine
         * @description Systems, history and labels move to `into`; the merged host's id leads there from now on.
         */
        readonly post: operations["mergeHost"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/monitor": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The latest sample of a host
         * @description Whoever asks again and again watches: samples then come every second.
         */
        readonly get: operations["getSample"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/monitor/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How a host fared: an hour in steps of ten seconds, or a day, week or month in steps of ten minutes */
        readonly get: operations["getLoadHistory"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/proposals/{other}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /**
         * Say that two hosts are two machines
         * @description A merge that was proposed for the two is proposed no more.
         */
        readonly delete: operations["dismissMerge"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/relays": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Open a web service of a host in a browser, at an origin of its own */
        readonly post: operations["openRelay"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/release": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Let a host out of quarantine */
        readonly post: operations["releaseHost"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/runs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The runs of one host, the newest first */
        readonly get: operations["listHostRuns"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What a host is and holds */
        readonly get: operations["getStatus"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/status/diff": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What differs between two revisions of a host's status */
        readonly get: operations["diffStatus"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/status/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How a host's status changed, newest first */
        readonly get: operations["listStatusChanges"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/hosts/{host}/status/revisions/{revision}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A host's status as it was at a revision */
        readonly get: operations["getStatusRevision"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Jobs, the newest first */
        readonly get: operations["listJobs"];
        readonly put?: never;
        /** Ask one capability of a set of hosts */
        readonly post: operations["createJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One job, with its runs counted by state */
        readonly get: operations["getJob"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/abort": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Start no further run */
        readonly post: operations["abortJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/cancel": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Cancel every run that has not ended */
        readonly post: operations["cancelJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/pause": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Start no further run until it is resumed */
        readonly post: operations["pauseJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Go on with a paused job */
        readonly post: operations["resumeJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/retry": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** A new job on the hosts whose runs did not succeed */
        readonly post: operations["retryJob"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/jobs/{job}/runs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The runs of a job, in the order of its targets */
        readonly get: operations["listRuns"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/join-tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The join tokens, newest first */
        readonly get: operations["listJoinTokens"];
        readonly put?: never;
        /** Make a join token */
        readonly post: operations["createJoinToken"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/join-tokens/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /**
         * Revoke a join token, at once
         * @description Nobody comes in with it any more; who has already come in stays.
         */
        readonly delete: operations["revokeJoinToken"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/live-connections": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Open sockets of the live stream
         * @description One's own; those of others need user.read.
         */
        readonly get: operations["listLiveConnections"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/me": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Who am I, and what may I do */
        readonly get: operations["getMe"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/monitor": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How busy hosts are */
        readonly get: operations["listLoads"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/openapi.json": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This description */
        readonly get: operations["getOpenApiDocument"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/places": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Sites, labs and how many hosts stand there */
        readonly get: operations["listPlaces"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/runs/{run}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One run, with its history */
        readonly get: operations["getRun"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/runs/{run}/cancel": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Cancel one run */
        readonly post: operations["cancelRun"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/runs/{run}/output": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The output of a run that is kept so far, as bytes */
        readonly get: operations["getRunOutput"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/scripts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The library of scripts */
        readonly get: operations["listScripts"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/scripts/{script}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One script, with its parameters */
        readonly get: operations["getScript"];
        /** Make or change a script */
        readonly put: operations["putScript"];
        readonly post?: never;
        /** Delete a script */
        readonly delete: operations["deleteScript"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/scripts/{script}/run": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Run a script with values for its parameters
         * @description Values reach it as variables of its environment, a file as its standard input; none of them ever stands in its text.
         */
        readonly post: operations["runScript"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/selectors/preview": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** What a selector hits now, and the difference to the last time it was used */
        readonly post: operations["previewSelector"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/server": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What this server is and how it does */
        readonly get: operations["getServer"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/server/configuration": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The settings that hold, whence each has its value, and where the server listens
         * @description Settings are read when the server starts, and changed where they stand: nothing here changes them.
         */
        readonly get: operations["getServerConfiguration"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/session": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The browser's session, and what its pages need */
        readonly get: operations["getSession"];
        readonly put?: never;
        /**
         * Sign in
         * @description Answers with a cookie. Failures take their time, and say the same of every account.
         */
        readonly post: operations["signIn"];
        /**
         * Sign out
         * @description Open sockets of this session end within two seconds.
         */
        readonly delete: operations["signOut"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/session-key": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Sign cookies with a new key from now on
         * @description With `forget` the older keys are void at once, and everybody signs in anew.
         */
        readonly post: operations["rotateSessionKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/session/second-factor": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Confirm it with a first code */
        readonly put: operations["confirmSecondFactor"];
        /**
         * Begin to set up a second factor
         * @description It counts for nothing until a first code confirms it.
         */
        readonly post: operations["beginSecondFactor"];
        /**
         * Do without it from now on
         * @description Takes a code: who finds an open browser shall not be able to.
         */
        readonly delete: operations["removeSecondFactor"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Sessions, newest first
         * @description Those of others need user.read.
         */
        readonly get: operations["listSessions"];
        readonly put?: never;
        readonly post?: never;
        /**
         * End all sessions of a person
         * @description Those of others need user.write.
         */
        readonly delete: operations["signOutEverywhere"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions/{session}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** End one session */
        readonly delete: operations["endSession"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sign-in": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** In which ways one signs in here */
        readonly get: operations["getSignIn"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sign-in-links": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Make a link that signs in once
         * @description For the first time, and for servers that cannot check accounts of their machine.
         */
        readonly post: operations["createSignInLink"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sign-in/oidc/{provider}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Go to the identity provider */
        readonly get: operations["beginOidc"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sign-in/oidc/{provider}/callback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Come back from the identity provider */
        readonly get: operations["finishOidc"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the statuses of hosts come to, in the order of becoming ready */
        readonly get: operations["listStatusDigests"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/terminals/recordings": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Recordings of terminals, the newest first */
        readonly get: operations["listTerminalRecordings"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/terminals/recordings/{recording}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A recording, as an asciicast (version 2) */
        readonly get: operations["getTerminalRecording"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/users": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The people who have signed in, by name */
        readonly get: operations["listUsers"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/users/{user}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One person */
        readonly get: operations["getUser"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a person's role or places, block or unblock them
         * @description Holds at once: their sessions end when they are blocked or given something else.
         */
        readonly patch: operations["changeUser"];
        readonly trace?: never;
    };
    readonly "/api/v1/users/{user}/second-factor": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Reset the second factor of who lost their device */
        readonly delete: operations["resetSecondFactor"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/assets/{file}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A file of the web console */
        readonly get: operations["getConsoleFile"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/ca.pem": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The certificate of the fleet's CA; compare its pin before you trust it */
        readonly get: operations["getCa"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/clients": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The hosts that can be relayed to now
         * @description HEAD tells the MD5 of their names, one behind the other, in lower-case hex, in `Content-MD5`.
         */
        readonly get: operations["listRelayClients"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/clients/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One of them */
        readonly get: operations["getRelayClient"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/dist/{file}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A Node for the agent, compressed with gzip */
        readonly get: operations["getAgentRuntime"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/dist/agent.mjs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The agent, as one file */
        readonly get: operations["getAgentBundle"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/dist/terminal/{arch}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The library with which an agent opens terminals */
        readonly get: operations["getTerminalLibrary"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/healthz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Answers while the process lives */
        readonly get: operations["getHealth"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/install.sh": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The script that puts an agent on a machine */
        readonly get: operations["getInstallScript"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Numbers for Prometheus */
        readonly get: operations["getMetrics"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/minions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The status of all hosts that are ready, in the order of becoming so
         * @description HEAD tells the digest alone, in `Content-MD5`: MD5 in lower-case hex over the digests of all that are listed. It changes when something visible does, and not by the mere passing of time.
         */
        readonly get: operations["listMinions"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/minions/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The status of one host
         * @description HEAD tells its digest in `Content-MD5`.
         */
        readonly get: operations["getMinion"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/minions/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * What becomes of the list, as server-sent events: added, ready, changed, removed
         * @description `Last-Event-ID` or `since` go on where somebody stopped; without them it begins now. `reset` says that what happened since is not known any more: read the list anew. With a selector, who comes to be picked is `added` and `ready`, and who no longer is, `removed`. With fields, `ready` and `changed` bring these of the minion, and a change of other parts is not told.
         */
        readonly get: operations["followMinions"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/readyz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** 200 when work may be sent here, 503 with the reason otherwise */
        readonly get: operations["getReadiness"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The status of this server, with its clients and the whole list of minions
         * @description In the words of the original. `clients` are null without `fleet.read`, `minions` without `status.read`; both hold what stands in the caller's places.
         */
        readonly get: operations["getTowerStatus"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Stops a rollout. */
        readonly AbortJob: {
            /**
             * @description What becomes of runs under way.
             * @default leave
             * @enum {string}
             */
            readonly running?: "leave" | "cancel";
        };
        /** @description A stormbolt agent that may get a certificate. */
        readonly ActivationAgent: {
            /** @description Epoch milliseconds. */
            readonly activatedAt?: number;
            readonly bolt: components["schemas"]["BoltConfigWithCa"];
            /** @description The one that was issued last. */
            readonly certificate?: {
                /** @description Epoch milliseconds. */
                readonly expiresAt: number;
                readonly serial: string;
            };
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Until then it may be activated. */
            readonly expiresAt?: number;
            readonly id: string;
            readonly serialkey: string;
            /** @enum {string} */
            readonly status: "ACTIVE" | "INACTIVE";
            /** @description Shown once, when the agent is made; null ever after. */
            readonly stoken: string | null;
            /** @description Where it asks for its certificate; its metadata names this with the token. */
            readonly tracker: string;
            readonly used: number;
            /** @description How many certificates it may get; null: any number. */
            readonly uses: number | null;
        };
        readonly ActivationIdentity: {
            readonly id: string;
            readonly serialkey: string;
        };
        /** @description An API token, without its secret. */
        readonly ApiToken: {
            /** @description The one account of hosts that its commands run as. */
            readonly account?: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly expiresAt?: number;
            readonly id: string;
            /** @description Epoch milliseconds, to the minute. */
            readonly lastUsedAt?: number;
            /** @description The person it acts for: its commands run as whom that person may run as. */
            readonly login?: string;
            readonly name: string;
            readonly permissions: readonly ("fleet.read" | "fleet.write" | "enrolment.read" | "enrolment.write" | "job.read" | "job.read-all" | "job.create" | "account.choose" | "deployment.read" | "deployment.write" | "status.read" | "monitor.read" | "terminal.open" | "relay.open" | "terminal.review" | "identity.read" | "identity.write" | "user.read" | "user.write" | "audit.read" | "discovery.read" | "activation.read" | "activation.write" | "server.read" | "server.configuration")[];
            readonly places?: readonly string[];
            /** @description Epoch milliseconds. */
            readonly revokedAt?: number;
            /** @enum {string} */
            readonly role?: "user" | "viewer" | "operator" | "admin";
            /** @enum {string} */
            readonly state: "valid" | "expired" | "revoked";
        };
        /** @description One change or login, and how it went. */
        readonly AuditEntry: {
            readonly action: string;
            readonly actor: string;
            readonly address?: string;
            readonly at: number;
            readonly code?: string;
            readonly details?: {
                readonly [key: string]: unknown;
            };
            readonly hash: string;
            /** @enum {string} */
            readonly outcome: "done" | "refused" | "failed" | "unknown";
            readonly requestId?: string;
            readonly sequence: number;
            readonly signed?: {
                readonly signature: string;
                readonly signer: string;
            };
            readonly targets: readonly string[];
            readonly token?: string;
            readonly writer: string;
        };
        readonly AuditPage: {
            readonly items: readonly components["schemas"]["AuditEntry"][];
            readonly next?: string;
            readonly revision: number;
        };
        /** @description Whether the audit log is as it was written. */
        readonly AuditReport: {
            readonly chains: readonly {
                /** @description Entries up to this one were dropped by retention. */
                readonly base: number;
                readonly good: boolean;
                /** @description Of the head. Kept elsewhere, it proves later that nothing before it was changed. */
                readonly hash: string;
                readonly head: number;
                readonly problem?: {
                    /** @enum {string} */
                    readonly kind: "unreadable" | "changed" | "missing" | "out-of-order" | "unsigned" | "truncated";
                    readonly message: string;
                    /** @description The first entry that is not as it was written. */
                    readonly sequence: number;
                };
                readonly writer: string;
            }[];
            /** @description Entries that were found to be good. */
            readonly entries: number;
            readonly good: boolean;
        };
        /** @description How far an upload has come. */
        readonly BlobState: {
            /** @description Bytes of your upload that are here: go on there. */
            readonly received: number;
            /** @description SHA-256 of the bytes, in lower-case hexadecimal. */
            readonly sha256: string;
            /** @description All of it is here and may be named by jobs. */
            readonly whole: boolean;
        };
        readonly BoltConfigWithCa: {
            readonly allowedPorts?: readonly number[];
            readonly allowRelay?: boolean;
            readonly beaconInterval?: number;
            readonly beaconRetry?: number;
            readonly beaconValidity?: number;
            readonly ca: {
                readonly data: string;
                /** @enum {string} */
                readonly encoding: "base64";
            };
            readonly insecure?: boolean;
            readonly listenPort?: number;
            readonly relayPort?: number;
            readonly uplinks?: readonly string[];
            readonly uplinkStrategy?: string;
        };
        readonly CreatedApiToken: {
            /** @description The one account of hosts that its commands run as. */
            readonly account?: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly expiresAt?: number;
            readonly id: string;
            /** @description Epoch milliseconds, to the minute. */
            readonly lastUsedAt?: number;
            /** @description The person it acts for: its commands run as whom that person may run as. */
            readonly login?: string;
            readonly name: string;
            readonly permissions: readonly ("fleet.read" | "fleet.write" | "enrolment.read" | "enrolment.write" | "job.read" | "job.read-all" | "job.create" | "account.choose" | "deployment.read" | "deployment.write" | "status.read" | "monitor.read" | "terminal.open" | "relay.open" | "terminal.review" | "identity.read" | "identity.write" | "user.read" | "user.write" | "audit.read" | "discovery.read" | "activation.read" | "activation.write" | "server.read" | "server.configuration")[];
            readonly places?: readonly string[];
            /** @description Epoch milliseconds. */
            readonly revokedAt?: number;
            /** @enum {string} */
            readonly role?: "user" | "viewer" | "operator" | "admin";
            /** @enum {string} */
            readonly state: "valid" | "expired" | "revoked";
            readonly token: string;
        };
        /** @description A new job, and the run of each host. */
        readonly CreatedJob: {
            readonly capability: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly deadlineAt?: number;
            /** @description Epoch milliseconds. */
            readonly finishedAt?: number;
            readonly id: string;
            readonly note?: string;
            /** @description How many targets the rollout has let go so far. */
            readonly opened: number;
            readonly origin?: components["schemas"]["JobOrigin"];
            /** @description Retention has dropped some of its output. */
            readonly outputGone?: boolean;
            readonly policy: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            /** @description Why it was stopped. */
            readonly reason?: {
                readonly code: string;
                readonly message: string;
            };
            readonly request?: unknown;
            readonly retryOf?: string;
            readonly revision: number;
            readonly runs: readonly {
                readonly host: {
                    readonly id: string;
                    readonly name: string;
                };
                readonly id: string;
            }[];
            readonly selector: string;
            /**
             * @description `stopped`: nothing new begins, what runs comes to its end; then it is `finished`.
             * @enum {string}
             */
            readonly state: "running" | "paused" | "stopped" | "finished";
            /** @description Runs by state; they add up to `targets`. */
            readonly states: {
                readonly accepted?: number;
                readonly cancelled?: number;
                readonly cancelling?: number;
                readonly expired?: number;
                readonly failed?: number;
                readonly lost?: number;
                readonly queued?: number;
                readonly refused?: number;
                readonly running?: number;
                readonly sent?: number;
                readonly succeeded?: number;
                readonly "timed-out"?: number;
            };
            readonly targets: number;
        };
        readonly CreatedJoinToken: {
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            readonly id: string;
            readonly labels?: {
                readonly [key: string]: string;
            };
            /** @description What to type on the machine that shall join. */
            readonly line: string;
            readonly note?: string;
            readonly place?: string;
            /** @enum {string} */
            readonly state: "usable" | "exhausted" | "expired" | "revoked";
            readonly taken: number;
            /** @description In this answer and nowhere else: only its hash is kept. */
            readonly token: string;
            readonly uses: number;
            /** @description Why that line may not work yet. */
            readonly warning?: string;
        };
        /** @description The same once more. */
        readonly DeployAgain: {
            readonly confirm?: number;
            readonly note?: string;
            readonly secrets?: {
                readonly [key: string]: string;
            };
            /** @description Absent: the same, as of now. */
            readonly selector?: string;
        };
        /** @description Files placed on hosts: a job, and what it was for. */
        readonly Deployment: {
            /** @description Of all artifacts together. */
            readonly bytes: number;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description How many artifacts. */
            readonly files: number;
            readonly id: string;
            readonly job: {
                /** @description Epoch milliseconds. */
                readonly finishedAt?: number;
                readonly id: string;
                /** @description How many targets the rollout has let go so far. */
                readonly opened: number;
                /** @description Why it was stopped. */
                readonly reason?: {
                    readonly code: string;
                    readonly message: string;
                };
                readonly revision: number;
                /**
                 * @description `stopped`: nothing new begins, what runs comes to its end; then it is `finished`.
                 * @enum {string}
                 */
                readonly state: "running" | "paused" | "stopped" | "finished";
                /** @description Runs by state; they add up to `targets`. */
                readonly states: {
                    readonly accepted?: number;
                    readonly cancelled?: number;
                    readonly cancelling?: number;
                    readonly expired?: number;
                    readonly failed?: number;
                    readonly lost?: number;
                    readonly queued?: number;
                    readonly refused?: number;
                    readonly running?: number;
                    readonly sent?: number;
                    readonly succeeded?: number;
                    readonly "timed-out"?: number;
                };
                readonly targets: number;
            };
            /** @enum {string} */
            readonly kind: "deploy" | "rollback";
            readonly name?: string;
            /** @description Jobs that tried it again where it had not succeeded, oldest first. */
            readonly retries: readonly string[];
            /** @description Of a rollback: what it undoes. */
            readonly rollbackOf?: string;
            /** @description What undid this one, oldest first. */
            readonly rollbacks: readonly string[];
            /** @description What was asked for, without the files. */
            readonly spec: {
                readonly account?: string;
                readonly check?: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                readonly command?: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                /** @description Runs that have not begun after so long expire. */
                readonly deadlineMs?: number;
                readonly env?: {
                    readonly [key: string]: string;
                };
                readonly folders?: readonly {
                    readonly mode?: string;
                    readonly name: string;
                }[];
                /** @default 5000 */
                readonly graceMs?: number;
                readonly health?: {
                    /** @default 5 */
                    readonly attempts?: number;
                    readonly command: {
                        /** @default [] */
                        readonly args?: readonly string[];
                        /** @enum {string} */
                        readonly kind: "program";
                        readonly program: string;
                    } | {
                        /** @enum {string} */
                        readonly kind: "shell";
                        readonly script: string;
                    };
                    /** @default 2000 */
                    readonly intervalMs?: number;
                    /** @default 30000 */
                    readonly timeoutMs?: number;
                };
                /** @default  */
                readonly into?: string;
                readonly marcopolo?: {
                    readonly id: string;
                    readonly params?: {
                        readonly [key: string]: string | number | boolean;
                    };
                };
                readonly mode?: string;
                /** @description For people: what this is. */
                readonly name?: string;
                readonly note?: string;
                /**
                 * @default leave
                 * @enum {string}
                 */
                readonly onFailure?: "leave" | "rollback";
                readonly outputLimitBytes?: number;
                /**
                 * @default replace
                 * @enum {string}
                 */
                readonly overwrite?: "replace" | "keep";
                readonly owner?: string;
                readonly policy?: {
                    /** @description Never two hosts at once that carry this label. */
                    readonly apart?: readonly string[];
                    /** @description So many hosts go first, alone. */
                    readonly canary?: number | string;
                    /** @description When more runs than this have failed, the rest is not started. */
                    readonly failureBudget?: number | string;
                    /** @description Never more of one lab's hosts at once than this. */
                    readonly labShare?: string;
                    /** @description Never more hosts at once than this. */
                    readonly maxConcurrent?: number;
                    /** @description Hosts in each wave after the canary. Absent: all the rest. */
                    readonly wave?: number | string;
                };
                readonly secretEnv?: readonly string[];
                /** @description Which hosts, as of now: the set is frozen. */
                readonly selector: string;
                readonly timeLimitMs?: number;
                readonly tomcat?: {
                    /** @default false */
                    readonly restart?: boolean;
                };
            };
            /** @description Of a rollback: how much what it undoes had brought, while that is known. */
            readonly undoes?: {
                readonly bytes: number;
                readonly files: number;
            };
        };
        /** @description A deployment with its files. */
        readonly DeploymentDetail: {
            readonly artifacts: readonly {
                readonly mode?: string;
                readonly name: string;
                readonly sha256: string;
                readonly size: number;
                readonly unpack?: boolean;
            }[];
            /** @description Of all artifacts together. */
            readonly bytes: number;
            /** @description Once its job has finished: names of the hosts where it may have changed something, so where a rollback goes. */
            readonly changed?: readonly string[];
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description How many artifacts. */
            readonly files: number;
            readonly id: string;
            readonly job: {
                /** @description Epoch milliseconds. */
                readonly finishedAt?: number;
                readonly id: string;
                /** @description How many targets the rollout has let go so far. */
                readonly opened: number;
                /** @description Why it was stopped. */
                readonly reason?: {
                    readonly code: string;
                    readonly message: string;
                };
                readonly revision: number;
                /**
                 * @description `stopped`: nothing new begins, what runs comes to its end; then it is `finished`.
                 * @enum {string}
                 */
                readonly state: "running" | "paused" | "stopped" | "finished";
                /** @description Runs by state; they add up to `targets`. */
                readonly states: {
                    readonly accepted?: number;
                    readonly cancelled?: number;
                    readonly cancelling?: number;
                    readonly expired?: number;
                    readonly failed?: number;
                    readonly lost?: number;
                    readonly queued?: number;
                    readonly refused?: number;
                    readonly running?: number;
                    readonly sent?: number;
                    readonly succeeded?: number;
                    readonly "timed-out"?: number;
                };
                readonly targets: number;
            };
            /** @enum {string} */
            readonly kind: "deploy" | "rollback";
            readonly name?: string;
            /** @description Jobs that tried it again where it had not succeeded, oldest first. */
            readonly retries: readonly string[];
            /** @description Of a rollback: what it undoes. */
            readonly rollbackOf?: string;
            /** @description What undid this one, oldest first. */
            readonly rollbacks: readonly string[];
            /** @description What was asked for, without the files. */
            readonly spec: {
                readonly account?: string;
                readonly check?: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                readonly command?: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                /** @description Runs that have not begun after so long expire. */
                readonly deadlineMs?: number;
                readonly env?: {
                    readonly [key: string]: string;
                };
                readonly folders?: readonly {
                    readonly mode?: string;
                    readonly name: string;
                }[];
                /** @default 5000 */
                readonly graceMs?: number;
                readonly health?: {
                    /** @default 5 */
                    readonly attempts?: number;
                    readonly command: {
                        /** @default [] */
                        readonly args?: readonly string[];
                        /** @enum {string} */
                        readonly kind: "program";
                        readonly program: string;
                    } | {
                        /** @enum {string} */
                        readonly kind: "shell";
                        readonly script: string;
                    };
                    /** @default 2000 */
                    readonly intervalMs?: number;
                    /** @default 30000 */
                    readonly timeoutMs?: number;
                };
                /** @default  */
                readonly into?: string;
                readonly marcopolo?: {
                    readonly id: string;
                    readonly params?: {
                        readonly [key: string]: string | number | boolean;
                    };
                };
                readonly mode?: string;
                /** @description For people: what this is. */
                readonly name?: string;
                readonly note?: string;
                /**
                 * @default leave
                 * @enum {string}
                 */
                readonly onFailure?: "leave" | "rollback";
                readonly outputLimitBytes?: number;
                /**
                 * @default replace
                 * @enum {string}
                 */
                readonly overwrite?: "replace" | "keep";
                readonly owner?: string;
                readonly policy?: {
                    /** @description Never two hosts at once that carry this label. */
                    readonly apart?: readonly string[];
                    /** @description So many hosts go first, alone. */
                    readonly canary?: number | string;
                    /** @description When more runs than this have failed, the rest is not started. */
                    readonly failureBudget?: number | string;
                    /** @description Never more of one lab's hosts at once than this. */
                    readonly labShare?: string;
                    /** @description Never more hosts at once than this. */
                    readonly maxConcurrent?: number;
                    /** @description Hosts in each wave after the canary. Absent: all the rest. */
                    readonly wave?: number | string;
                };
                readonly secretEnv?: readonly string[];
                /** @description Which hosts, as of now: the set is frozen. */
                readonly selector: string;
                readonly timeLimitMs?: number;
                readonly tomcat?: {
                    /** @default false */
                    readonly restart?: boolean;
                };
            };
            /** @description Of a rollback: how much what it undoes had brought, while that is known. */
            readonly undoes?: {
                readonly bytes: number;
                readonly files: number;
            };
        };
        /** @description What became of a deployment on one host, by its last attempt there. */
        readonly DeploymentHost: {
            readonly check?: {
                readonly exitCode?: number;
            };
            readonly command?: {
                readonly exitCode?: number;
            };
            readonly counts: {
                readonly created?: number;
                readonly kept?: number;
                readonly removed?: number;
                readonly replaced?: number;
                readonly restored?: number;
                readonly unchanged?: number;
            };
            /** @description With `files=true`. */
            readonly files?: readonly {
                readonly name: string;
                /** @enum {string} */
                readonly outcome: "created" | "replaced" | "kept" | "unchanged" | "removed" | "restored";
            }[];
            readonly folder?: string;
            readonly health?: {
                readonly attempts?: number;
                readonly exitCode?: number;
            };
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            /** @description It failed in the end, and everything was put back. */
            readonly rolledBack?: boolean;
            readonly run: {
                readonly durationMs?: number;
                /** @description Epoch milliseconds. */
                readonly finishedAt?: number;
                readonly id: string;
                readonly job: string;
                readonly reason?: {
                    readonly code: string;
                    readonly message: string;
                };
                /** @description Epoch milliseconds. */
                readonly startedAt?: number;
                /** @enum {string} */
                readonly state: "queued" | "sent" | "accepted" | "running" | "cancelling" | "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost" | "expired";
            };
        };
        /** @description Files, a folder, and what happens around them. */
        readonly DeploymentSpec: {
            readonly account?: string;
            /** @default [] */
            readonly artifacts?: readonly {
                readonly mode?: string;
                readonly name: string;
                readonly sha256: string;
                readonly size: number;
                readonly unpack?: boolean;
            }[];
            readonly check?: {
                /** @default [] */
                readonly args?: readonly string[];
                /** @enum {string} */
                readonly kind: "program";
                readonly program: string;
            } | {
                /** @enum {string} */
                readonly kind: "shell";
                readonly script: string;
            };
            readonly command?: {
                /** @default [] */
                readonly args?: readonly string[];
                /** @enum {string} */
                readonly kind: "program";
                readonly program: string;
            } | {
                /** @enum {string} */
                readonly kind: "shell";
                readonly script: string;
            };
            /** @description Runs that have not begun after so long expire. */
            readonly deadlineMs?: number;
            readonly env?: {
                readonly [key: string]: string;
            };
            readonly folders?: readonly {
                readonly mode?: string;
                readonly name: string;
            }[];
            /** @default 5000 */
            readonly graceMs?: number;
            readonly health?: {
                /** @default 5 */
                readonly attempts?: number;
                readonly command: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                /** @default 2000 */
                readonly intervalMs?: number;
                /** @default 30000 */
                readonly timeoutMs?: number;
            };
            /** @default  */
            readonly into?: string;
            readonly marcopolo?: {
                readonly id: string;
                readonly params?: {
                    readonly [key: string]: string | number | boolean;
                };
            };
            readonly mode?: string;
            /** @description For people: what this is. */
            readonly name?: string;
            readonly note?: string;
            /**
             * @default leave
             * @enum {string}
             */
            readonly onFailure?: "leave" | "rollback";
            readonly outputLimitBytes?: number;
            /**
             * @default replace
             * @enum {string}
             */
            readonly overwrite?: "replace" | "keep";
            readonly owner?: string;
            readonly policy?: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            readonly secretEnv?: readonly string[];
            /** @description Which hosts, as of now: the set is frozen. */
            readonly selector: string;
            readonly timeLimitMs?: number;
            readonly tomcat?: {
                /** @default false */
                readonly restart?: boolean;
            };
        };
        /** @description A machine that was seen on the network. */
        readonly Discovered: {
            readonly address: string;
            /** @description By which protocols it was seen. */
            readonly doors: readonly ("marcopolo" | "dns-sd")[];
            /** @description The enrolment of this address that waits to be accepted. */
            readonly enrolment?: string;
            /** @description Epoch milliseconds. */
            readonly firstSeenAt: number;
            /** @description Since when it has not been seen any more. */
            readonly goneAt?: number;
            /** @description The host that has this address. */
            readonly host?: {
                readonly id: string;
                readonly name: string;
            };
            readonly id: string;
            /** @description Epoch milliseconds. */
            readonly lastSeenAt: number;
            /** @description As the machine calls itself: not proven. */
            readonly name?: string;
            readonly revision: number;
            readonly services: readonly {
                readonly id: string;
                readonly params: {
                    readonly [key: string]: string | number | boolean | null;
                };
            }[];
        };
        /** @description How a seen machine becomes a host. */
        readonly DiscoveredWay: {
            readonly enrolment: string;
            /** @enum {string} */
            readonly kind: "accepted";
        } | {
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            readonly joinToken: string;
            /** @enum {string} */
            readonly kind: "join-line";
            /** @description What to type on that machine; it holds for one machine. */
            readonly line: string;
            readonly warning?: string;
        };
        readonly DiscoveredWish: {
            /** @default 3600000 */
            readonly expiresInMs?: number;
            /** @description Where it is put. */
            readonly place?: string;
        };
        /** @description PEM in base64. */
        readonly EncodedCertificate: {
            readonly data: string;
            /** @enum {string} */
            readonly encoding: "base64";
        };
        /** @description How many ended. */
        readonly EndedSessions: {
            readonly ended: number;
        };
        /** @description One system's standing with the server. */
        readonly Enrolment: {
            /** @description Where it asked from. */
            readonly address: string;
            readonly agentVersion: string;
            /** @description The one last connected with. */
            readonly certificate?: {
                /** @description Epoch milliseconds. */
                readonly notAfter: number;
                readonly serial: string;
            };
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            /** @description Epoch milliseconds. */
            readonly decidedAt?: number;
            readonly decidedBy?: string;
            /** @description While it is pending. */
            readonly expiresAt?: number;
            readonly fingerprint: {
                readonly macs: readonly string[];
                readonly serial?: string;
                readonly uuid?: string;
            };
            /** @description While it is not let in: what would become of it. */
            readonly foreseen?: {
                /** @description The known host it would join, with that host's labels and place; or be proposed to be merged with. */
                readonly host?: {
                    readonly id: string;
                    readonly name: string;
                };
                readonly reason?: string;
                /** @description The enrolment of that host it would take the place of. */
                readonly replaces?: string;
                /**
                 * @description By its hardware, which is only its word: compare the key with what the machine shows.
                 * @enum {string}
                 */
                readonly verdict: "new-host" | "known-host" | "another-system" | "merge-proposed";
            };
            readonly host?: {
                readonly id: string;
                readonly name: string;
            };
            /** @description As the machine calls itself: not proven. */
            readonly hostname: string;
            readonly id: string;
            /** @description Id of the join token it came with. */
            readonly joinToken?: string;
            /** @description base64url SHA-256 of its public key, to compare with what the machine shows. */
            readonly publicKey: string;
            /** @enum {string} */
            readonly state: "pending" | "accepted" | "rejected" | "revoked";
            readonly system: {
                /** @enum {string} */
                readonly kind: "live" | "os";
                readonly name: string;
            };
        };
        /** @description The fleet at a glance. */
        readonly FleetOverview: {
            readonly load: {
                /** @description The ten busiest. */
                readonly busy: readonly components["schemas"]["HostLoad"][];
                readonly cpu: number | null;
                readonly memory: number | null;
                /** @description Hosts whose load is known. */
                readonly sampled: number;
            };
            readonly places: readonly {
                readonly place: string | null;
                readonly states: {
                    readonly [key: string]: number;
                };
                readonly total: number;
            }[];
            readonly states: {
                readonly [key: string]: number;
            };
            readonly total: number;
        };
        /** @description A saved selector. */
        readonly Group: {
            /** @description Epoch milliseconds. */
            readonly changedAt: number;
            readonly changedBy: string;
            readonly description?: string;
            readonly name: string;
            readonly selector: string;
        };
        readonly GroupWish: {
            readonly description?: string;
            readonly selector: string;
        };
        /** @description A machine. */
        readonly Host: {
            readonly addresses: readonly string[];
            readonly agentVersion?: string;
            readonly arch?: string;
            readonly capabilities: readonly string[];
            /** @description By which doors it is reached. */
            readonly doors: readonly {
                readonly address?: string;
                /** @description `agent`, or the foreign protocol. */
                readonly kind: string;
                /** @description Epoch milliseconds. */
                readonly lastSeenAt?: number;
                /** @description What the host is called there; of our agent: its enrolment. */
                readonly name: string;
                readonly offlineReason?: string;
                /** @enum {string} */
                readonly state: "online" | "offline";
                /** @description The foreign server it is reached through. */
                readonly via?: string;
            }[];
            readonly id: string;
            readonly kernel?: string;
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description Epoch milliseconds; of an online host: now. */
            readonly lastSeenAt?: number;
            readonly name: string;
            readonly offlineReason?: string;
            readonly os?: {
                readonly id: string;
                readonly name?: string;
                readonly version?: string;
            };
            /** @description Levels parted by slashes, outermost first. */
            readonly place: string | null;
            readonly revision: number;
            /** @enum {string} */
            readonly state: "online" | "offline" | "quarantined" | "pending";
            /** @description The system that is, or was last, online. */
            readonly system?: {
                /** @enum {string} */
                readonly kind: "live" | "os";
                readonly name: string;
            };
            /** @description Hosts whose agents carry its link to the server, by their names, the nearest to it first. */
            readonly via?: readonly string[];
        };
        /** @description A machine with all that is known of it. */
        readonly HostDetail: {
            readonly addresses: readonly string[];
            readonly agentVersion?: string;
            readonly arch?: string;
            readonly capabilities: readonly string[];
            /** @description By which doors it is reached. */
            readonly doors: readonly {
                readonly address?: string;
                /** @description `agent`, or the foreign protocol. */
                readonly kind: string;
                /** @description Epoch milliseconds. */
                readonly lastSeenAt?: number;
                /** @description What the host is called there; of our agent: its enrolment. */
                readonly name: string;
                readonly offlineReason?: string;
                /** @enum {string} */
                readonly state: "online" | "offline";
                /** @description The foreign server it is reached through. */
                readonly via?: string;
            }[];
            readonly facts: {
                readonly bootedAt?: number;
                readonly cgroups?: {
                    readonly controllers: readonly string[];
                };
                readonly cpu?: {
                    readonly cores: number;
                    readonly model?: string;
                    readonly sockets?: number;
                };
                readonly disks?: readonly {
                    readonly model?: string;
                    readonly name: string;
                    readonly rotational?: boolean;
                    readonly serial?: string;
                    readonly sizeBytes: number;
                }[];
                readonly hostname?: string;
                readonly kernel?: {
                    readonly arch: string;
                    readonly name: string;
                    readonly release: string;
                };
                readonly memory?: {
                    readonly swapBytes?: number;
                    readonly totalBytes: number;
                };
                readonly networks?: readonly {
                    readonly addresses: readonly string[];
                    readonly mac?: string;
                    readonly name: string;
                    readonly speedMbps?: number;
                    readonly up?: boolean;
                }[];
                readonly os?: {
                    readonly family?: string;
                    readonly id: string;
                    readonly name?: string;
                    readonly version?: string;
                };
                readonly product?: string;
                readonly serial?: string;
                readonly timezone?: string;
                readonly uuid?: string;
                readonly vendor?: string;
                readonly virtualization?: string;
            };
            readonly id: string;
            readonly kernel?: string;
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description Epoch milliseconds; of an online host: now. */
            readonly lastSeenAt?: number;
            readonly name: string;
            readonly offlineReason?: string;
            readonly os?: {
                readonly id: string;
                readonly name?: string;
                readonly version?: string;
            };
            /** @description Levels parted by slashes, outermost first. */
            readonly place: string | null;
            /** @description Hosts that may be this one: to be merged by a person. */
            readonly proposals: readonly {
                /** @description Epoch milliseconds. */
                readonly at: number;
                readonly id: string;
                readonly name: string;
                readonly reason: string;
            }[];
            readonly revision: number;
            /** @enum {string} */
            readonly state: "online" | "offline" | "quarantined" | "pending";
            /** @description The system that is, or was last, online. */
            readonly system?: {
                /** @enum {string} */
                readonly kind: "live" | "os";
                readonly name: string;
            };
            readonly systems: readonly {
                readonly enrolment?: string;
                /** @enum {string} */
                readonly kind: "live" | "os";
                readonly name: string;
                /** @enum {string} */
                readonly state: "online" | "offline" | "detached";
            }[];
            /** @description Hosts whose agents carry its link to the server, by their names, the nearest to it first. */
            readonly via?: readonly string[];
        };
        /** @description What happened to a host. */
        readonly HostHistoryItem: {
            readonly actor?: string;
            readonly address?: string;
            readonly agentVersion?: string;
            /** @description Epoch milliseconds. */
            readonly at: number;
            readonly epoch?: number;
            /** @enum {string} */
            readonly event: "created" | "enrolled" | "detached" | "connected" | "disconnected" | "renamed" | "placed" | "labelled" | "merged" | "quarantined" | "released";
            readonly from?: string;
            readonly reason?: string;
            readonly system?: string;
            readonly to?: string;
        };
        /** @description How busy a host is. */
        readonly HostLoad: {
            /** @description Epoch milliseconds. */
            readonly at: number;
            /** @description Of the warmest sensor. */
            readonly celsius: number | null;
            readonly cpu: number | null;
            /** @description Of the fullest one. */
            readonly disk: number | null;
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            readonly load: number | null;
            readonly memory: number | null;
        };
        readonly HostMerge: {
            readonly into: string;
        };
        /** @description What to change; a label that is null is taken away. */
        readonly HostPatch: {
            readonly labels?: {
                readonly [key: string]: string | null;
            };
            readonly name?: string;
            readonly place?: string | null;
        };
        /** @description A run of a host, with what was asked and by whom. */
        readonly HostRun: {
            readonly capability: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            readonly durationMs?: number;
            /** @description Epoch milliseconds. */
            readonly finishedAt?: number;
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            readonly id: string;
            readonly job: string;
            /** @description Output up to this sequence is kept. */
            readonly lastSequence: number;
            readonly origin?: components["schemas"]["JobOrigin"];
            readonly outputBytes: number;
            readonly reason?: {
                readonly code: string;
                readonly message: string;
            };
            readonly request?: unknown;
            /** @description The capability's own result. */
            readonly result?: unknown;
            readonly revision: number;
            /** @description Epoch milliseconds. */
            readonly startedAt?: number;
            /** @enum {string} */
            readonly state: "queued" | "sent" | "accepted" | "running" | "cancelling" | "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost" | "expired";
        };
        /** @description What a host is and holds. */
        readonly HostStatus: {
            /** @description Epoch milliseconds. */
            readonly changedAt: number;
            /** @description MD5 in lower-case hex, as `HEAD /minions` tells it. */
            readonly digest: string;
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            /** @description As it stands in the list of minions. */
            readonly id: string;
            /** @description Whether it is online and has confirmed its status since. */
            readonly listed: boolean;
            readonly revision: number;
            /**
             * @description By which door it was told.
             * @enum {string}
             */
            readonly source: "agent" | "bolt";
            /** @description The document, with what is live. */
            readonly status: {
                readonly [key: string]: unknown;
            };
        };
        /** @description One capability asked of a frozen set of hosts. */
        readonly Job: {
            readonly capability: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly deadlineAt?: number;
            /** @description Epoch milliseconds. */
            readonly finishedAt?: number;
            readonly id: string;
            readonly note?: string;
            /** @description How many targets the rollout has let go so far. */
            readonly opened: number;
            readonly origin?: components["schemas"]["JobOrigin"];
            /** @description Retention has dropped some of its output. */
            readonly outputGone?: boolean;
            readonly policy: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            /** @description Why it was stopped. */
            readonly reason?: {
                readonly code: string;
                readonly message: string;
            };
            readonly request?: unknown;
            readonly retryOf?: string;
            readonly revision: number;
            readonly selector: string;
            /**
             * @description `stopped`: nothing new begins, what runs comes to its end; then it is `finished`.
             * @enum {string}
             */
            readonly state: "running" | "paused" | "stopped" | "finished";
            /** @description Runs by state; they add up to `targets`. */
            readonly states: {
                readonly accepted?: number;
                readonly cancelled?: number;
                readonly cancelling?: number;
                readonly expired?: number;
                readonly failed?: number;
                readonly lost?: number;
                readonly queued?: number;
                readonly refused?: number;
                readonly running?: number;
                readonly sent?: number;
                readonly succeeded?: number;
                readonly "timed-out"?: number;
            };
            readonly targets: number;
        };
        /** @description The script of the library or the deployment that a job belongs to. */
        readonly JobOrigin: {
            /** @description Of the script as it ran: its version. What was given stands in the request's `env`. */
            readonly changedAt: number;
            /** @enum {string} */
            readonly kind: "script";
            readonly name: string;
        } | {
            readonly id: string;
            /** @enum {string} */
            readonly kind: "deployment";
            readonly name?: string;
            readonly rollbackOf?: string;
        };
        /** @description A join token, without its secret. */
        readonly JoinToken: {
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly createdBy: string;
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            readonly id: string;
            readonly labels?: {
                readonly [key: string]: string;
            };
            readonly note?: string;
            readonly place?: string;
            /** @enum {string} */
            readonly state: "usable" | "exhausted" | "expired" | "revoked";
            readonly taken: number;
            readonly uses: number;
        };
        /** @description One open socket of the live stream at this server. */
        readonly LiveConnection: {
            readonly address: string;
            /** @description What waits in the server for this client to read. */
            readonly bufferedBytes: number;
            /** @description Epoch milliseconds. */
            readonly connectedAt: number;
            /** @description What it follows, one name for each subscription. */
            readonly topics: readonly string[];
            readonly user: string;
        };
        /** @description Shares between 0 and 1; null: the host could not tell. */
        readonly LoadPoint: {
            /** @description Epoch milliseconds. */
            readonly at: number;
            /** @description Of the warmest sensor. */
            readonly celsius: number | null;
            readonly cpu: number | null;
            /** @description Of the root file system. */
            readonly disk: number | null;
            readonly load: number | null;
            readonly memory: number | null;
            /** @description Bytes a second received by all cards. */
            readonly rx: number | null;
            readonly swap: number | null;
            /** @description Bytes a second sent by all cards. */
            readonly tx: number | null;
        };
        /** @description Who is asking. */
        readonly Me: {
            readonly account?: string;
            readonly name: string;
            readonly permissions: readonly ("fleet.read" | "fleet.write" | "enrolment.read" | "enrolment.write" | "job.read" | "job.read-all" | "job.create" | "account.choose" | "deployment.read" | "deployment.write" | "status.read" | "monitor.read" | "terminal.open" | "relay.open" | "terminal.review" | "identity.read" | "identity.write" | "user.read" | "user.write" | "audit.read" | "discovery.read" | "activation.read" | "activation.write" | "server.read" | "server.configuration")[];
            readonly places?: readonly string[];
            /** @enum {string} */
            readonly role?: "user" | "viewer" | "operator" | "admin";
            readonly token?: {
                /** @description Epoch milliseconds. */
                readonly expiresAt?: number;
                readonly id: string;
                readonly name: string;
            };
        };
        /** @description A stormbolt agent that may get a certificate. */
        readonly NewActivationAgent: {
            /**
             * @description What is not said is as the originals have it, and leads to this server.
             * @default {}
             */
            readonly bolt?: {
                readonly allowedPorts?: readonly number[];
                readonly allowRelay?: boolean;
                readonly beaconInterval?: number;
                readonly beaconRetry?: number;
                readonly beaconValidity?: number;
                readonly ca?: unknown;
                readonly insecure?: boolean;
                readonly listenPort?: number;
                readonly relayPort?: number;
                readonly uplinks?: readonly string[];
                readonly uplinkStrategy?: string;
            };
            /** @description Instead of expiresInMs. */
            readonly expiresAt?: number;
            readonly expiresInMs?: number;
            /** @description Absent: one is made. */
            readonly id?: string;
            /** @description What the machine knows of itself: of an instance of a cloud its UUID. */
            readonly serialkey: string;
            /** @description Absent: one is made, or the one that is there stays. */
            readonly stoken?: string | null;
            /** @description How many certificates it may get; absent: any number. */
            readonly uses?: number | null;
        };
        /** @description What a new API token may do, where, and how long. */
        readonly NewApiToken: {
            /** @description The one account of hosts that its commands run as; needs account.choose. */
            readonly account?: string;
            readonly expiresInMs?: number;
            readonly name: string;
            readonly permissions?: readonly ("fleet.read" | "fleet.write" | "enrolment.read" | "enrolment.write" | "job.read" | "job.read-all" | "job.create" | "account.choose" | "deployment.read" | "deployment.write" | "status.read" | "monitor.read" | "terminal.open" | "relay.open" | "terminal.review" | "identity.read" | "identity.write" | "user.read" | "user.write" | "audit.read" | "discovery.read" | "activation.read" | "activation.write" | "server.read" | "server.configuration")[];
            readonly places?: readonly string[];
            /** @enum {string} */
            readonly role?: "user" | "viewer" | "operator" | "admin";
        };
        /** @description Files placed in a folder of an account, on a set of hosts. */
        readonly NewDeployment: {
            readonly account?: string;
            /** @default [] */
            readonly artifacts?: readonly {
                readonly mode?: string;
                readonly name: string;
                readonly sha256: string;
                readonly size: number;
                readonly unpack?: boolean;
            }[];
            readonly check?: {
                /** @default [] */
                readonly args?: readonly string[];
                /** @enum {string} */
                readonly kind: "program";
                readonly program: string;
            } | {
                /** @enum {string} */
                readonly kind: "shell";
                readonly script: string;
            };
            readonly command?: {
                /** @default [] */
                readonly args?: readonly string[];
                /** @enum {string} */
                readonly kind: "program";
                readonly program: string;
            } | {
                /** @enum {string} */
                readonly kind: "shell";
                readonly script: string;
            };
            /** @description The number of hosts you expect. */
            readonly confirm?: number;
            /** @description Runs that have not begun after so long expire. */
            readonly deadlineMs?: number;
            readonly env?: {
                readonly [key: string]: string;
            };
            readonly folders?: readonly {
                readonly mode?: string;
                readonly name: string;
            }[];
            /** @default 5000 */
            readonly graceMs?: number;
            readonly health?: {
                /** @default 5 */
                readonly attempts?: number;
                readonly command: {
                    /** @default [] */
                    readonly args?: readonly string[];
                    /** @enum {string} */
                    readonly kind: "program";
                    readonly program: string;
                } | {
                    /** @enum {string} */
                    readonly kind: "shell";
                    readonly script: string;
                };
                /** @default 2000 */
                readonly intervalMs?: number;
                /** @default 30000 */
                readonly timeoutMs?: number;
            };
            /** @default  */
            readonly into?: string;
            readonly marcopolo?: {
                readonly id: string;
                readonly params?: {
                    readonly [key: string]: string | number | boolean;
                };
            };
            readonly mode?: string;
            /** @description For people: what this is. */
            readonly name?: string;
            readonly note?: string;
            /**
             * @default leave
             * @enum {string}
             */
            readonly onFailure?: "leave" | "rollback";
            readonly outputLimitBytes?: number;
            /**
             * @default replace
             * @enum {string}
             */
            readonly overwrite?: "replace" | "keep";
            readonly owner?: string;
            readonly policy?: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            readonly secretEnv?: readonly string[];
            /** @description Values by name, for the commands. Kept sealed until the end. */
            readonly secrets?: {
                readonly [key: string]: string;
            };
            /** @description Which hosts, as of now: the set is frozen. */
            readonly selector: string;
            readonly timeLimitMs?: number;
            readonly tomcat?: {
                /** @default false */
                readonly restart?: boolean;
            };
        };
        /** @description One capability, one request, a set of hosts. */
        readonly NewJob: {
            readonly capability: string;
            /** @description The number of hosts you expect. */
            readonly confirm?: number;
            /** @description Runs that have not begun after so long expire. */
            readonly deadlineMs?: number;
            readonly note?: string;
            readonly policy?: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            /** @description As the capability wants it. */
            readonly request?: unknown;
            /** @description Values by name. Kept sealed until the job has finished, shown to nobody. */
            readonly secrets?: {
                readonly [key: string]: string;
            };
            /** @description Which hosts, as of now: the set is frozen. */
            readonly selector: string;
        };
        /** @description How many machines may come in, until when, and where they belong. */
        readonly NewJoinToken: {
            /** @default 3600000 */
            readonly expiresInMs?: number;
            /** @description What its machines are labelled with. */
            readonly labels?: {
                readonly [key: string]: string;
            };
            readonly note?: string;
            /** @description Where its machines are put, as in `site-a/aula-1`. */
            readonly place?: string;
            /**
             * @description How many machines may come in with it.
             * @default 1
             */
            readonly uses?: number;
            /** @description Waypoints, `host:port`, for machines that cannot reach this server: the line leads through them. */
            readonly via?: readonly string[];
        };
        /** @description What the person's device needs. Shown once. */
        readonly NewSecondFactor: {
            readonly secret: string;
            /** @description `otpauth://…`, for a QR code. */
            readonly uri: string;
        };
        /** @description What somebody shows to sign in. */
        readonly NewSession: {
            readonly account: string;
            /** @description To what the machine asked beyond a password. */
            readonly answers?: readonly string[];
            /** @description Of the second factor, or a recovery code. */
            readonly code?: string;
            /** @enum {string} */
            readonly kind: "pam";
            readonly password: string;
        } | {
            /** @enum {string} */
            readonly kind: "link";
            readonly token: string;
        };
        /** @description What becomes of the keys before it. */
        readonly NewSessionKey: {
            /** @default false */
            readonly forget?: boolean;
        };
        /** @description Whom a sign-in link lets in, and how long. */
        readonly NewSignInLink: {
            /** @default 900000 */
            readonly expiresInMs?: number;
            /**
             * @default admin
             * @enum {string}
             */
            readonly role?: "user" | "viewer" | "operator" | "admin";
        };
        /** @description A node of the tree site → lab. */
        readonly Place: {
            /** @description At or below it. */
            readonly hosts: number;
            readonly online: number;
            readonly path: string;
        };
        /** @description A failure (RFC 9457). */
        readonly Problem: {
            /**
             * @description The contract for programs; docs/reference/failures.md has them all.
             * @enum {string}
             */
            readonly code: "request.malformed" | "request.too-large" | "request.unsupported-type" | "request.conflict" | "request.idempotency-mismatch" | "request.rate-limited" | "route.unknown" | "route.method-not-allowed" | "rpc.method-unknown" | "topic.unknown" | "server.internal" | "server.draining" | "server.busy" | "server.unreachable" | "server.untrusted" | "identity.missing" | "identity.invalid" | "identity.expired" | "identity.forbidden" | "identity.wrong-credentials" | "identity.second-factor" | "identity.second-factor-setup" | "identity.answer-needed" | "identity.locked-out" | "identity.account-expired" | "identity.account-locked" | "identity.password-expired" | "identity.blocked" | "identity.no-role" | "identity.pam-unavailable" | "identity.provider-unavailable" | "identity.csrf" | "identity.foreign-origin" | "session.unknown" | "user.unknown" | "discovery.unknown" | "host.unknown" | "host.offline" | "host.online" | "host.no-agent" | "host.name-taken" | "place.unknown" | "group.unknown" | "group.circular" | "selector.malformed" | "selector.no-match" | "enrolment.token-needed" | "enrolment.token-unknown" | "enrolment.token-expired" | "enrolment.token-exhausted" | "enrolment.token-revoked" | "enrolment.csr-malformed" | "enrolment.csr-mismatch" | "enrolment.rejected" | "enrolment.unknown" | "enrolment.local-agent" | "enrolment.ca-mismatch" | "enrolment.queue-full" | "bolt.malformed" | "bolt.refused" | "bolt.gone" | "bolt.timed-out" | "activation.refused" | "activation.unknown" | "activation.taken" | "activation.csr-malformed" | "activation.csr-mismatch" | "activation.used-up" | "certificate.unknown" | "certificate.expired" | "certificate.revoked" | "certificate.superseded" | "link.cloned" | "link.quarantined" | "link.replaced" | "link.old-epoch" | "link.version" | "link.hello-late" | "link.silent" | "link.overloaded" | "frame.malformed" | "frame.too-large" | "frame.unexpected" | "job.unknown" | "job.final" | "job.nothing-to-retry" | "job.guarded" | "job.cancelled" | "job.aborted" | "job.failure-budget" | "job.confirmation-needed" | "job.account-forbidden" | "run.unknown" | "run.final" | "run.cancelled" | "run.already-known" | "run.ticket-invalid" | "run.ticket-expired" | "run.too-old" | "run.forbidden-by-policy" | "run.cannot-start" | "run.program-not-found" | "run.account-unusable" | "run.limit-unusable" | "run.time-limit" | "run.cpu-limit" | "run.memory-limit" | "run.output-limit" | "run.output-incomplete" | "run.rebooted" | "run.vanished" | "run.deadline" | "run.spool-full" | "capability.unknown" | "deploy.folder" | "deploy.denied" | "deploy.owner" | "deploy.archive" | "deploy.no-space" | "deploy.check-failed" | "deploy.command-failed" | "deploy.unhealthy" | "deploy.changed-since" | "deploy.nothing-kept" | "deploy.tomcat" | "deploy.failed" | "package.unknown" | "package.locked" | "package.failed" | "package.manager-missing" | "package.unsupported" | "package.source" | "service.unknown" | "service.failed" | "service.manager-missing" | "service.foreign" | "personality.path" | "personality.command-failed" | "capability.failed" | "deployment.unknown" | "script.unknown" | "stream.unknown" | "stream.already-known" | "stream.limit" | "stream.no-answer" | "stream.idle" | "stream.broken" | "stream.ticket-invalid" | "stream.ticket-expired" | "stream.forbidden-by-policy" | "relay.refused" | "relay.timed-out" | "relay.broken" | "relay.caller-slow" | "relay.target-malformed" | "relay.no-domain" | "waypoint.forbidden" | "waypoint.malformed" | "waypoint.loop" | "waypoint.busy" | "waypoint.barred" | "waypoint.no-link" | "status.unknown" | "status.no-revision" | "status.mismatch" | "status.too-large" | "monitor.no-sample" | "terminal.unavailable" | "terminal.cannot-start" | "terminal.unknown-recording" | "output.gone" | "token.unknown" | "blob.unknown" | "blob.mismatch" | "blob.quota" | "disk.full" | "store.newer-schema" | "store.unavailable" | "store.taken" | "store.migration-failed" | "store.damaged" | "audit.unavailable" | "settings.wrong" | "listen.in-use" | "listen.denied" | "privileges.missing" | "daemon.running" | "daemon.not-running" | "daemon.did-not-end" | "data.unwritable" | "data.in-use" | "data.foreign" | "data.damaged";
            /** @description A sentence for people; it may change. */
            readonly detail: string;
            readonly details?: {
                readonly [key: string]: unknown;
            };
            /** @description What a person may do now. */
            readonly next?: string;
            readonly requestId: string;
            readonly status: number;
            /** @description What the code means, the same each time. */
            readonly title: string;
            /** @description `urn:atalaya:problem:` and the code. */
            readonly type: string;
        };
        /** @description Each signs in once, without the device. Shown once. */
        readonly RecoveryCodes: {
            readonly recoveryCodes: readonly string[];
        };
        /** @description A host that can be relayed to, as the original lists it. */
        readonly RelayClient: {
            readonly address: string;
            /** @description What `/proxy` and `stormbolt-target` call it: the host's id, a bolt's own name. */
            readonly cname: string;
            /** @description What a bolt announced; of our agents 5000, their own API. Others are the host's policy's to allow. */
            readonly ports: readonly number[];
        };
        /** @description A browser's way to a web service of a host. */
        readonly RelayInvitation: {
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            /** @description Where the service is then, for this browser. */
            readonly origin: string;
            /** @description To be opened in a browser: once, within a minute. */
            readonly url: string;
        };
        /** @description The same again, on the hosts whose runs did not succeed. */
        readonly RetryJob: {
            readonly confirm?: number;
            readonly note?: string;
            readonly secrets?: {
                readonly [key: string]: string;
            };
        };
        /** @description Puts back what a deployment replaced, and removes what it made. */
        readonly RollBack: {
            /**
             * @description Run its command and health check afterwards, as after deploying.
             * @default true
             */
            readonly commands?: boolean;
            readonly confirm?: number;
            /**
             * @description Also files that changed since.
             * @default false
             */
            readonly force?: boolean;
            readonly note?: string;
            readonly secrets?: {
                readonly [key: string]: string;
            };
        };
        /** @description A job on one host. */
        readonly Run: {
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly durationMs?: number;
            /** @description Epoch milliseconds. */
            readonly finishedAt?: number;
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            readonly id: string;
            readonly job: string;
            /** @description Output up to this sequence is kept. */
            readonly lastSequence: number;
            readonly outputBytes: number;
            readonly reason?: {
                readonly code: string;
                readonly message: string;
            };
            /** @description The capability's own result. */
            readonly result?: unknown;
            readonly revision: number;
            /** @description Epoch milliseconds. */
            readonly startedAt?: number;
            /** @enum {string} */
            readonly state: "queued" | "sent" | "accepted" | "running" | "cancelling" | "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost" | "expired";
        };
        /** @description A run with what happened to it that its state does not say. */
        readonly RunDetail: {
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly durationMs?: number;
            /** @description Epoch milliseconds. */
            readonly finishedAt?: number;
            readonly history: readonly {
                /** @description Epoch milliseconds. */
                readonly at: number;
                readonly kind: string;
                readonly message: string;
            }[];
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            readonly id: string;
            readonly job: string;
            /** @description Output up to this sequence is kept. */
            readonly lastSequence: number;
            readonly outputBytes: number;
            readonly reason?: {
                readonly code: string;
                readonly message: string;
            };
            /** @description The capability's own result. */
            readonly result?: unknown;
            readonly revision: number;
            /** @description Epoch milliseconds. */
            readonly startedAt?: number;
            /** @enum {string} */
            readonly state: "queued" | "sent" | "accepted" | "running" | "cancelling" | "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost" | "expired";
        };
        /** @description A script with values for its parameters, on a set of hosts. */
        readonly RunScript: {
            readonly account?: string;
            readonly confirm?: number;
            readonly cwd?: string;
            readonly deadlineMs?: number;
            readonly note?: string;
            readonly policy?: {
                /** @description Never two hosts at once that carry this label. */
                readonly apart?: readonly string[];
                /** @description So many hosts go first, alone. */
                readonly canary?: number | string;
                /** @description When more runs than this have failed, the rest is not started. */
                readonly failureBudget?: number | string;
                /** @description Never more of one lab's hosts at once than this. */
                readonly labShare?: string;
                /** @description Never more hosts at once than this. */
                readonly maxConcurrent?: number;
                /** @description Hosts in each wave after the canary. Absent: all the rest. */
                readonly wave?: number | string;
            };
            readonly secrets?: {
                readonly [key: string]: string;
            };
            readonly selector: string;
            readonly timeLimitMs?: number;
            /** @default {} */
            readonly values?: {
                readonly [key: string]: string | number | boolean | {
                    readonly sha256: string;
                };
            };
        };
        /** @description How a host fares. What it cannot tell is absent. */
        readonly Sample: {
            readonly at: number;
            readonly clockSkewMs?: number;
            readonly cpu?: {
                readonly cores: readonly number[];
                readonly times?: readonly (readonly number[])[];
                readonly total: number;
            };
            readonly disks?: readonly {
                readonly mount: string;
                readonly total: number;
                readonly used: number;
            }[];
            readonly load?: readonly [
                number,
                number,
                number
            ];
            readonly memory?: {
                readonly available: number;
                readonly cached: number;
                readonly free: number;
                readonly total: number;
                readonly used: number;
            };
            readonly networks?: readonly {
                readonly name: string;
                readonly rxBytes: number;
                readonly rxBytesPerSecond?: number;
                readonly txBytes: number;
                readonly txBytesPerSecond?: number;
            }[];
            readonly processes?: readonly {
                readonly cpu: number;
                readonly memory: number;
                readonly name: string;
                readonly pid: number;
                readonly user: string;
            }[];
            readonly swap?: {
                readonly total: number;
                readonly used: number;
            };
            readonly temperatures?: readonly {
                readonly celsius: number;
                readonly name: string;
            }[];
            readonly uptimeSeconds?: number;
            readonly users?: readonly {
                readonly name: string;
                readonly since?: number;
                readonly terminal: string;
            }[];
        };
        /** @description A deployment to be run again under its name; its files are kept. */
        readonly SavedDeployment: {
            readonly bytes: number;
            /** @description Epoch milliseconds. */
            readonly changedAt: number;
            readonly files: number;
            readonly name: string;
            readonly owner: string;
            readonly spec: components["schemas"]["DeploymentSpec"];
        };
        /** @description A script of the library, with its typed parameters. */
        readonly Script: {
            /** @description Epoch milliseconds. */
            readonly changedAt: number;
            readonly changedBy: string;
            readonly createdBy: string;
            readonly description?: string;
            /** @enum {string} */
            readonly interpreter: "sh" | "bash" | "python3";
            readonly name: string;
            readonly parameters: readonly ({
                readonly default?: string;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                readonly maxLength?: number;
                /** @description Whether forms give it several lines. */
                readonly multiline?: boolean;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "string";
            } | {
                readonly default?: number;
                readonly description?: string;
                readonly integer?: boolean;
                /** @description What forms call it. */
                readonly label?: string;
                readonly max?: number;
                readonly min?: number;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "number";
            } | {
                readonly default?: boolean;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "boolean";
            } | {
                readonly choices: readonly string[];
                readonly default?: string;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "choice";
            } | {
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "file";
            } | {
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "secret";
            })[];
            readonly text: string;
        };
        readonly ScriptWish: {
            readonly description?: string;
            /**
             * @default sh
             * @enum {string}
             */
            readonly interpreter?: "sh" | "bash" | "python3";
            /** @default [] */
            readonly parameters?: readonly ({
                readonly default?: string;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                readonly maxLength?: number;
                /** @description Whether forms give it several lines. */
                readonly multiline?: boolean;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "string";
            } | {
                readonly default?: number;
                readonly description?: string;
                readonly integer?: boolean;
                /** @description What forms call it. */
                readonly label?: string;
                readonly max?: number;
                readonly min?: number;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "number";
            } | {
                readonly default?: boolean;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "boolean";
            } | {
                readonly choices: readonly string[];
                readonly default?: string;
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "choice";
            } | {
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "file";
            } | {
                readonly description?: string;
                /** @description What forms call it. */
                readonly label?: string;
                /** @description The variable that the script finds it in. */
                readonly name: string;
                /** @default true */
                readonly required?: boolean;
                /** @enum {string} */
                readonly type: "secret";
            })[];
            readonly text: string;
        };
        /** @description What the device shows now, or a recovery code. */
        readonly SecondFactorCode: {
            readonly code: string;
        };
        /** @description What a selector hits now. */
        readonly SelectorPreview: {
            readonly count: number;
            /** @description To the last time this actor used this selector. */
            readonly difference?: {
                readonly added: readonly string[];
                readonly removed: readonly string[];
                /** @description Epoch milliseconds. */
                readonly since: number;
            };
            /** @description All names as one host set, as in `pc-[01-40]`. */
            readonly folded: string;
            readonly hosts: readonly {
                readonly id: string;
                readonly name: string;
                readonly place: string | null;
                /** @enum {string} */
                readonly state: "online" | "offline" | "quarantined" | "pending";
            }[];
            /** @description As it was read, in canonical form. */
            readonly selector: string;
            readonly states: {
                readonly offline?: number;
                readonly online?: number;
                readonly pending?: number;
                readonly quarantined?: number;
            };
        };
        readonly SelectorWish: {
            /** @default 100 */
            readonly limit?: number;
            readonly selector: string;
        };
        /** @description What this server runs by. Settings are read when it starts. */
        readonly ServerConfiguration: {
            /** @description What runs the server. */
            readonly core: string;
            /** @description The data folder. */
            readonly data: string;
            /** @description Listeners of its own and of gateways. */
            readonly doors: readonly {
                /** @description Addresses or names; empty: closed. */
                readonly at: readonly string[];
                /** @enum {string} */
                readonly door: "public" | "bolt" | "bolt-uplinks" | "tower" | "tower-tls" | "relay" | "relay-domain" | "discovery";
            }[];
            /** @description Where settings are looked for, beside the environment; it need not exist. */
            readonly file: string;
            readonly node: string;
            readonly settings: readonly components["schemas"]["ServerSetting"][];
            /** @description The operating system it runs on. */
            readonly system: string;
        };
        /** @description What this server is. */
        readonly ServerInfo: {
            /** @description What the data folder takes on the disk; as it was a minute ago at most. */
            readonly dataBytes: number;
            /** @enum {string} */
            readonly engine: "sqlite" | "postgres";
            /** @description How many hosts may be under commands at once, whoever asks: others wait for their turn. */
            readonly guard: {
                /** @description Never two that carry such a label. */
                readonly apart?: readonly string[];
                /** @description Of one lab, as `20%`. */
                readonly labShare?: string;
                /** @description In all. */
                readonly maxConcurrent?: number;
            };
            /** @description Unfinished ones. */
            readonly jobs: number;
            readonly links: number;
            /** @enum {string} */
            readonly name: "atalaya";
            readonly startedAt: number;
            readonly version: string;
        };
        /** @description One setting as it holds. */
        readonly ServerSetting: {
            readonly default: string;
            /** @description As in `atalaya.toml`. */
            readonly name: string;
            /**
             * @description Whence it has its value.
             * @enum {string}
             */
            readonly origin: "default" | "file" | "environment";
            /** @description Its value is told to nobody. */
            readonly secret: boolean;
            readonly sentence: string;
            /** @description As it was written; empty: not set. */
            readonly value?: string;
            /** @description As in the environment. */
            readonly variable: string;
        };
        /** @description A browser's session. */
        readonly Session: {
            /** @description When it ends in any case. Epoch milliseconds. */
            readonly absoluteExpiresAt: number;
            readonly actor: {
                readonly account?: string;
                readonly name: string;
                readonly permissions: readonly ("fleet.read" | "fleet.write" | "enrolment.read" | "enrolment.write" | "job.read" | "job.read-all" | "job.create" | "account.choose" | "deployment.read" | "deployment.write" | "status.read" | "monitor.read" | "terminal.open" | "relay.open" | "terminal.review" | "identity.read" | "identity.write" | "user.read" | "user.write" | "audit.read" | "discovery.read" | "activation.read" | "activation.write" | "server.read" | "server.configuration")[];
                readonly places?: readonly string[];
                /** @enum {string} */
                readonly role: "user" | "viewer" | "operator" | "admin";
            };
            /** @description For the header x-atalaya-csrf of every request but GET and HEAD. */
            readonly csrf: string;
            /** @description When it ends unless it is used. Epoch milliseconds. */
            readonly expiresAt: number;
            readonly id: string;
            /** @description Once, when the second factor was set up by signing in. */
            readonly recoveryCodes?: readonly string[];
            /**
             * @description `required`: and not set up yet.
             * @enum {string}
             */
            readonly secondFactor: "none" | "set" | "required";
        };
        /** @description A session in a list. */
        readonly SessionEntry: {
            readonly address: string;
            /** @description The browser, as it calls itself. */
            readonly agent: string;
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            /** @description The one that asks. */
            readonly current: boolean;
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            readonly id: string;
            readonly name: string;
            /** @description Epoch milliseconds, to the minute. */
            readonly usedAt: number;
            /** @enum {string} */
            readonly way: "pam" | "oidc" | "link";
        };
        /** @description Shown once: only its hash is kept. */
        readonly SignInLink: {
            /** @description Epoch milliseconds. */
            readonly expiresAt: number;
            /** @description Below this server's address. */
            readonly path: string;
        };
        /** @description A way to sign in. */
        readonly SignInMethod: {
            /** @enum {string} */
            readonly kind: "pam";
        } | {
            /** @enum {string} */
            readonly kind: "oidc";
            readonly label: string;
            readonly name: string;
            readonly start: string;
        } | {
            /** @enum {string} */
            readonly kind: "link";
        };
        /** @description What a sign-in page shows. */
        readonly SignInPage: {
            readonly methods: readonly components["schemas"]["SignInMethod"][];
            /** @description Why a way is missing, for people. */
            readonly notes: readonly string[];
            /** @description What people call this server. */
            readonly server: string;
            readonly version: string;
        };
        /** @description One change of a status: the parts that are others since. */
        readonly StatusChange: {
            /** @description Epoch milliseconds. */
            readonly at: number;
            /** @description MD5 in lower-case hex, as `HEAD /minions` tells it. */
            readonly digest: string;
            readonly parts: readonly string[];
            readonly revision: number;
            /**
             * @description By which door it was told.
             * @enum {string}
             */
            readonly source: "agent" | "bolt";
        };
        /** @description What differs between two revisions of a status. */
        readonly StatusDiff: {
            readonly differences: readonly {
                readonly after?: unknown;
                readonly before?: unknown;
                /** @enum {string} */
                readonly kind: "added" | "removed" | "changed";
                /** @description Keys parted by `/`; things in lists by their name or id. */
                readonly path: string;
            }[];
            readonly from: components["schemas"]["StatusChange"];
            readonly to: components["schemas"]["StatusChange"];
            /** @description There are more differences than these. */
            readonly truncated: boolean;
        };
        /** @description What a host's status comes to. */
        readonly StatusDigest: {
            /** @description Epoch milliseconds. */
            readonly changedAt: number;
            /** @description MD5 in lower-case hex, as `HEAD /minions` tells it. */
            readonly digest: string;
            readonly host: {
                readonly id: string;
                readonly name: string;
            };
            /** @description As it stands in the list of minions. */
            readonly id: string;
            /** @description Whether it is online and has confirmed its status since. */
            readonly listed: boolean;
            readonly revision: number;
            /**
             * @description By which door it was told.
             * @enum {string}
             */
            readonly source: "agent" | "bolt";
        };
        /** @description A status as it was. */
        readonly StatusRevision: {
            /** @description Epoch milliseconds. */
            readonly at: number;
            /** @description MD5 in lower-case hex, as `HEAD /minions` tells it. */
            readonly digest: string;
            readonly parts: readonly string[];
            readonly revision: number;
            /**
             * @description By which door it was told.
             * @enum {string}
             */
            readonly source: "agent" | "bolt";
            readonly status: {
                readonly [key: string]: unknown;
            };
        };
        /** @description What a terminal's screen showed. */
        readonly TerminalRecording: {
            readonly account: string;
            readonly actor: string;
            /** @description Size of the asciicast. */
            readonly bytes: number;
            /**
             * @description Its server was killed: it ends where that was.
             * @enum {boolean}
             */
            readonly cutShort?: true;
            readonly durationMs: number;
            readonly exitCode?: number;
            /** @description Its name when the terminal was open. */
            readonly host: string;
            readonly id: string;
            /**
             * @description It goes on; duration and size are those of now.
             * @enum {boolean}
             */
            readonly open?: true;
            /** @description Epoch milliseconds. */
            readonly startedAt: number;
        };
        /** @description A person who signs in. */
        readonly User: {
            /** @description The account on this server's machine, where there is one. */
            readonly account?: string;
            readonly blocked?: {
                /** @description Epoch milliseconds. */
                readonly at: number;
                readonly by: string;
            };
            /** @description Epoch milliseconds. */
            readonly createdAt: number;
            readonly fullName: string;
            /** @description As they were at the last sign-in. */
            readonly groups: readonly string[];
            readonly id: string;
            /** @description `pam:<account>` or `oidc:<provider>:<name>`. */
            readonly name: string;
            /** @description What an administrator said instead of the groups. */
            readonly override: {
                readonly places?: "everywhere" | readonly string[];
                /** @enum {string} */
                readonly role?: "user" | "viewer" | "operator" | "admin";
            };
            /** @description Absent: everywhere. */
            readonly places?: readonly string[];
            /**
             * @description What holds now; absent: none, and no way in.
             * @enum {string}
             */
            readonly role?: "user" | "viewer" | "operator" | "admin";
            /**
             * @description `required`: and not set up yet.
             * @enum {string}
             */
            readonly secondFactor: "none" | "set" | "required";
            /** @description Epoch milliseconds. */
            readonly signedInAt: number;
            readonly signedInFrom: string;
        };
        /** @description What an administrator says of a person; null leaves it to the groups. */
        readonly UserChange: {
            readonly blocked?: boolean;
            readonly places?: "everywhere" | readonly string[] | null;
            /** @enum {string|null} */
            readonly role?: "user" | "viewer" | "operator" | "admin" | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly getWelcome: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listActivationAgents: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["ActivationAgent"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createActivationAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewActivationAgent"];
            };
        };
        readonly responses: {
            /** @description A stormbolt agent that may get a certificate. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ActivationAgent"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getActivationAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The agent's id: the common name of its certificates. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A stormbolt agent that may get a certificate. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ActivationAgent"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly replaceActivationAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The agent's id: the common name of its certificates. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewActivationAgent"];
            };
        };
        readonly responses: {
            /** @description A stormbolt agent that may get a certificate. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ActivationAgent"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly removeActivationAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The agent's id: the common name of its certificates. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getAgentBolt: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["BoltConfigWithCa"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly activateAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/octet-stream": string;
            };
        };
        readonly responses: {
            /** @description PEM in base64. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EncodedCertificate"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly setActivationStatus: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The agent's id: the common name of its certificates. */
                readonly id: string;
                readonly status: "ACTIVE" | "INACTIVE";
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A stormbolt agent that may get a certificate. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ActivationAgent"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly findActivationAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly serialkey: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ActivationIdentity"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listApiTokens: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly revoked?: "true" | "false";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["ApiToken"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createApiToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewApiToken"];
            };
        };
        readonly responses: {
            /** @description Success. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CreatedApiToken"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly revokeApiToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description An API token, without its secret. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ApiToken"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listAudit: {
        readonly parameters: {
            readonly query?: {
                /** @description As in `job.create`, or all of its kind: `job`. */
                readonly action?: string;
                /** @description As in `pam:alice`. */
                readonly actor?: string;
                readonly address?: string;
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly outcome?: "done" | "refused" | "failed" | "unknown";
                /** @description The id of a request. */
                readonly request?: string;
                /** @description Epoch milliseconds: from then on. */
                readonly since?: number | null;
                /** @description An id, or `host:pc-01`, or only `pc-01`. */
                readonly target?: string;
                /** @description Epoch milliseconds: before. */
                readonly until?: number | null;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly exportAudit: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly verifyAudit: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Whether the audit log is as it was written. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AuditReport"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getBlob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description `bytes=100-`. */
                readonly range?: string;
            };
            readonly path: {
                /** @description SHA-256 of the bytes, in lower-case hexadecimal. */
                readonly sha256: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/octet-stream": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly putBlob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description `bytes 0-99/200`: this body is a part; parts come in their order. Absent: the whole. */
                readonly "content-range"?: string;
            };
            readonly path: {
                /** @description SHA-256 of the bytes, in lower-case hexadecimal. */
                readonly sha256: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/octet-stream": string;
            };
        };
        readonly responses: {
            /** @description How far an upload has come. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["BlobState"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getBlobStatus: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description SHA-256 of the bytes, in lower-case hexadecimal. */
                readonly sha256: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description How far an upload has come. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["BlobState"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listDeployments: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Deployment"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createDeployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request makes one deployment. */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewDeployment"];
            };
        };
        readonly responses: {
            /** @description A deployment with its files. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeploymentDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getDeployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly deployment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A deployment with its files. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeploymentDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deployAgain: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request makes one deployment. */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly deployment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DeployAgain"];
            };
        };
        readonly responses: {
            /** @description A deployment with its files. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeploymentDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listDeploymentHosts: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description With what became of each file. */
                readonly files?: "true" | "false";
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly deployment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["DeploymentHost"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly rollBackDeployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request makes one deployment. */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly deployment: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RollBack"];
            };
        };
        readonly responses: {
            /** @description A deployment with its files. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeploymentDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listSavedDeployments: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["SavedDeployment"][];
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getSavedDeployment: {
        readonly parameters: {
            readonly query?: {
                /** @description Absent: your own. */
                readonly owner?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly name: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A deployment to be run again under its name; its files are kept. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SavedDeployment"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly putSavedDeployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly name: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DeploymentSpec"];
            };
        };
        readonly responses: {
            /** @description A deployment to be run again under its name; its files are kept. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SavedDeployment"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteSavedDeployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly name: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly runSavedDeployment: {
        readonly parameters: {
            readonly query?: {
                /** @description Absent: your own. */
                readonly owner?: string;
            };
            readonly header?: {
                /** @description The same key with the same request makes one deployment. */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly name: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DeployAgain"];
            };
        };
        readonly responses: {
            /** @description A deployment with its files. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DeploymentDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listDiscovered: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Discovered"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getDiscovered: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A machine that was seen on the network. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Discovered"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly enrolDiscovered: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DiscoveredWish"];
            };
        };
        readonly responses: {
            /** @description How a seen machine becomes a host. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DiscoveredWay"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listEnrolments: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly state?: "pending" | "accepted" | "rejected" | "revoked";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Enrolment"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly enrol: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly agentVersion: string;
                    readonly csr: string;
                    readonly fingerprint: {
                        readonly macs: readonly string[];
                        readonly serial?: string;
                        readonly uuid?: string;
                    };
                    readonly hostname: string;
                    readonly system: {
                        /** @enum {string} */
                        readonly kind: "live" | "os";
                        readonly name: string;
                    };
                    readonly token?: string;
                };
            };
        };
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly ca: string;
                        readonly certificate: string;
                        readonly enrolment: string;
                        readonly host: {
                            readonly id: string;
                            readonly name: string;
                        };
                        readonly servers: readonly string[];
                        /** @enum {string} */
                        readonly state: "accepted";
                    } | {
                        readonly enrolment: string;
                        readonly retryAfterMs: number;
                        /** @enum {string} */
                        readonly state: "pending";
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly acceptEnrolment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One system's standing with the server. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Enrolment"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly rejectEnrolment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One system's standing with the server. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Enrolment"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly revokeEnrolment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One system's standing with the server. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Enrolment"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getFleetOverview: {
        readonly parameters: {
            readonly query?: {
                readonly selector?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The fleet at a glance. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["FleetOverview"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listGroups: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Group"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getGroup: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly group: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A saved selector. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly putGroup: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly group: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["GroupWish"];
            };
        };
        readonly responses: {
            /** @description A saved selector. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteGroup: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly group: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listHosts: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly selector?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Host"][];
                        readonly next?: string;
                        readonly revision: number;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getHost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A machine with all that is known of it. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["HostDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly forgetHost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly changeHost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["HostPatch"];
            };
        };
        readonly responses: {
            /** @description A machine. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Host"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getHostHistory: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["HostHistoryItem"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly mergeHost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["HostMerge"];
            };
        };
        readonly responses: {
            /** @description A machine. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Host"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getSample: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description How a host fares. What it cannot tell is absent. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Sample"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getLoadHistory: {
        readonly parameters: {
            readonly query?: {
                readonly span?: "hour" | "day" | "week" | "month";
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly points: readonly components["schemas"]["LoadPoint"][];
                        readonly span: string;
                        readonly stepMs: number;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly dismissMerge: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
                /** @description The other host's id or name. */
                readonly other: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A machine. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Host"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly openRelay: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description A machine that the host reaches; absent: the host itself. */
                    readonly host?: string;
                    /**
                     * @description Where the browser begins.
                     * @default /
                     */
                    readonly path?: string;
                    readonly port: number;
                };
            };
        };
        readonly responses: {
            /** @description A browser's way to a web service of a host. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["RelayInvitation"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly releaseHost: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A machine. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Host"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listHostRuns: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["HostRun"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getStatus: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id, name, or the id in the list of minions. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What a host is and holds. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["HostStatus"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly diffStatus: {
        readonly parameters: {
            readonly query?: {
                readonly from?: number | null;
                readonly to?: number | null;
            };
            readonly header?: never;
            readonly path: {
                /** @description Id, name, or the id in the list of minions. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What differs between two revisions of a status. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["StatusDiff"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listStatusChanges: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                /** @description Id, name, or the id in the list of minions. */
                readonly host: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["StatusChange"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getStatusRevision: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id, name, or the id in the list of minions. */
                readonly host: string;
                readonly revision: number | null;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A status as it was. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["StatusRevision"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listJobs: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly state?: "running" | "paused" | "stopped" | "finished";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Job"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request makes one job. */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewJob"];
            };
        };
        readonly responses: {
            /** @description A new job, and the run of each host. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CreatedJob"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One capability asked of a frozen set of hosts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly abortJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["AbortJob"];
            };
        };
        readonly responses: {
            /** @description One capability asked of a frozen set of hosts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly cancelJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One capability asked of a frozen set of hosts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly pauseJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One capability asked of a frozen set of hosts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resumeJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One capability asked of a frozen set of hosts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly retryJob: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request makes one job. */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RetryJob"];
            };
        };
        readonly responses: {
            /** @description A new job, and the run of each host. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CreatedJob"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listRuns: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly state?: "queued" | "sent" | "accepted" | "running" | "cancelling" | "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost" | "expired";
            };
            readonly header?: never;
            readonly path: {
                readonly job: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Run"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listJoinTokens: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["JoinToken"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createJoinToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewJoinToken"];
            };
        };
        readonly responses: {
            /** @description Success. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CreatedJoinToken"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly revokeJoinToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A join token, without its secret. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["JoinToken"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listLiveConnections: {
        readonly parameters: {
            readonly query?: {
                /** @description Whose, by name; `*`: everybody's; absent: one's own. */
                readonly of?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["LiveConnection"][];
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getMe: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Who is asking. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listLoads: {
        readonly parameters: {
            readonly query?: {
                readonly selector?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["HostLoad"][];
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getOpenApiDocument: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly [key: string]: unknown;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listPlaces: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Place"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getRun: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly run: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A run with what happened to it that its state does not say. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly cancelRun: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly run: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A job on one host. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Run"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getRunOutput: {
        readonly parameters: {
            readonly query?: {
                /** @description The first sequence wanted. */
                readonly from?: number;
                /** @description Absent: both, in the order they were written. */
                readonly stream?: "stdout" | "stderr";
            };
            readonly header?: never;
            readonly path: {
                readonly run: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/octet-stream": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listScripts: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["Script"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getScript: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly script: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A script of the library, with its typed parameters. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Script"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly putScript: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly script: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ScriptWish"];
            };
        };
        readonly responses: {
            /** @description A script of the library, with its typed parameters. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Script"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteScript: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly script: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly runScript: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly script: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RunScript"];
            };
        };
        readonly responses: {
            /** @description A new job, and the run of each host. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CreatedJob"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly previewSelector: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SelectorWish"];
            };
        };
        readonly responses: {
            /** @description What a selector hits now. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SelectorPreview"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getServer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What this server is. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ServerInfo"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getServerConfiguration: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What this server runs by. Settings are read when it starts. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ServerConfiguration"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A browser's session. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signIn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewSession"];
            };
        };
        readonly responses: {
            /** @description A browser's session. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signOut: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly rotateSessionKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewSessionKey"];
            };
        };
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly confirmSecondFactor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SecondFactorCode"];
            };
        };
        readonly responses: {
            /** @description Each signs in once, without the device. Shown once. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly beginSecondFactor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What the person's device needs. Shown once. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["NewSecondFactor"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly removeSecondFactor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SecondFactorCode"];
            };
        };
        readonly responses: {
            /** @description Done. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listSessions: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                /** @description Whose, by name; absent: one's own. */
                readonly of?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["SessionEntry"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signOutEverywhere: {
        readonly parameters: {
            readonly query?: {
                /** @description Whose, by name; absent: one's own. */
                readonly of?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description How many ended. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EndedSessions"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly endSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly session: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A session in a list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SessionEntry"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getSignIn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description What a sign-in page shows. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SignInPage"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createSignInLink: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewSignInLink"];
            };
        };
        readonly responses: {
            /** @description Shown once: only its hash is kept. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SignInLink"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly beginOidc: {
        readonly parameters: {
            readonly query?: {
                /** @description Path of the console to go to afterwards. */
                readonly to?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly provider: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 302: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly finishOidc: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly provider: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Done. */
            readonly 302: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listStatusDigests: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
                readonly selector?: string;
                readonly state?: "listed" | "all";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description Over the items of all pages. */
                        readonly digest: string;
                        readonly items: readonly components["schemas"]["StatusDigest"][];
                        readonly next?: string;
                        readonly revision: number;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listTerminalRecordings: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["TerminalRecording"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getTerminalRecording: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly recording: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-asciicast": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listUsers: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Items a page holds at most. */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly components["schemas"]["User"][];
                        readonly next?: string;
                    };
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly user: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A person who signs in. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly changeUser: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly user: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UserChange"];
            };
        };
        readonly responses: {
            /** @description A person who signs in. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resetSecondFactor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name. */
                readonly user: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A person who signs in. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getConsoleFile: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly file: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/octet-stream": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getCa: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-pem-file": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listRelayClients: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Success. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": readonly components["schemas"]["RelayClient"][];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getRelayClient: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A host that can be relayed to, as the original lists it. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["RelayClient"];
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getAgentRuntime: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly file: "runtime-linux-x64.gz" | "runtime-linux-arm64.gz";
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/gzip": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getAgentBundle: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/javascript": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getTerminalLibrary: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly arch: "x64" | "arm64";
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/octet-stream": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getHealth: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getInstallScript: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/x-shellscript": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getMetrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listMinions: {
        readonly parameters: {
            readonly query?: {
                /** @description `next` of the page before. */
                readonly cursor?: string;
                /** @description Only these, with commas; `os.hostname` is a field of a field. The id always comes. */
                readonly fields?: string;
                /** @description `ndjson`: one minion a line, as `Accept` may say, too. */
                readonly format?: "json" | "ndjson";
                /** @description A page of so many; `Link` leads to the next. */
                readonly limit?: number;
                /** @description `off`: without what changes by itself (uptime, load, free memory, CPU times). */
                readonly live?: "on" | "off";
                /** @description With blanks, as the original does it. */
                readonly pretty?: "on" | "off";
                /** @description Only hosts that it picks. */
                readonly selector?: string;
                /** @description Only what changed after this revision, and who left. */
                readonly since?: number | null;
                /** @description `all`: those that are offline, too, with when they were last seen. */
                readonly state?: "ready" | "all";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getMinion: {
        readonly parameters: {
            readonly query?: {
                /** @description Only these, with commas; `os.hostname` is a field of a field. The id always comes. */
                readonly fields?: string;
                /** @description `off`: without what changes by itself (uptime, load, free memory, CPU times). */
                readonly live?: "on" | "off";
                /** @description With blanks, as the original does it. */
                readonly pretty?: "on" | "off";
                /** @description `all`: those that are offline, too, with when they were last seen. */
                readonly state?: "ready" | "all";
            };
            readonly header?: never;
            readonly path: {
                /** @description As it is listed; or id or name of the host. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly followMinions: {
        readonly parameters: {
            readonly query?: {
                /** @description Only these, with commas; `os.hostname` is a field of a field. The id always comes. */
                readonly fields?: string;
                /** @description Only hosts that it picks. */
                readonly selector?: string;
                /** @description Go on after this revision, or after the event with this id. */
                readonly since?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getReadiness: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getTowerStatus: {
        readonly parameters: {
            readonly query?: {
                /** @description With blanks, as the original does it. */
                readonly pretty?: "on" | "off";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The bytes. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": string;
                };
            };
            /** @description A failure. */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
