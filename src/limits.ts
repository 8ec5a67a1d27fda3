/**
 * Every bound of Firedoor in one place, with unit and reason. Nothing grows without one of these, and reaching one is counted and shown.
 */

// Capture
/** Largest frame read from a capture; Wireshark's own cap, so that a lying length field costs no memory. [bytes] */
export const FRAME_BYTES_MAX = 262_144;
/** Read size for capture files: large enough that system calls do not show, small enough for the cache. [bytes] */
export const READ_CHUNK_BYTES = 512 * 1024;
/** Kinds of problem kept apart per capture; further kinds count as `other`. */
export const PROBLEM_KINDS_MAX = 256;
/** Interfaces of a pcapng section; each costs a few numbers. */
export const CAPTURE_INTERFACES_MAX = 1_024;
/** Longest pcapng block held whole; leaves room for options beside the largest frame. Skipped blocks may be longer. [bytes] */
export const PCAPNG_BLOCK_BYTES_MAX = 1024 * 1024;
/** Default size of the capture ring on disk that keeps frames for evidence. [bytes] */
export const RING_BYTES_DEFAULT = 256 * 1024 * 1024;

// Net
/** TCP and UDP conversations tracked at once; the least recently used is dropped and counted. */
export const FLOWS_MAX = 262_144;
/** Out-of-order bytes held per direction of one TCP connection. [bytes] */
export const TCP_PENDING_BYTES_MAX = 256 * 1024;
/** Out-of-order segments held per direction of one TCP connection. */
export const TCP_PENDING_SEGMENTS_MAX = 64;
/** Out-of-order and carried bytes held over all connections. [bytes] */
export const TCP_PENDING_TOTAL_BYTES_MAX = 64 * 1024 * 1024;
/** Handshakes amid running TCP connections that no data has confirmed yet; a flood of forged SYNs must not grow memory. */
export const TCP_OPENINGS_MAX = 4_096;
/** IP datagrams being put together at once. */
export const IP_FRAGMENTS_OPEN_MAX = 1_024;
/** Bytes of fragments held over all datagrams. [bytes] */
export const IP_FRAGMENT_BYTES_MAX = 16 * 1024 * 1024;
/** Nested headers (VLAN tags, tunnels, extension headers) followed in one frame before giving up. */
export const HEADER_DEPTH_MAX = 16;
/** Conversations below IP (source, target, EtherType, VLAN) counted apart; further ones are counted together. */
export const LINK_ROWS_MAX = 65_536;
/** Distinct MAC and IP addresses remembered; a scan with forged addresses must not grow memory. */
export const HOSTS_MAX = 262_144;

// Protocols
/** Bytes of an unfinished message carried per direction; the largest PDU of any protocol here fits. [bytes] */
export const CARRY_BYTES_MAX = 256 * 1024;
/** Bytes of a stream looked at before its protocol counts as unknown. [bytes] */
export const IDENTIFY_BYTES_MAX = 4_096;
/** Point accesses in one message view; a message with more reports the rest as a problem. */
export const ACCESSES_MAX = 4_096;
/** Areas of one protocol: S7 has one for each of 65,535 data blocks. */
export const AREAS_MAX = 0x20000;
/** Facts (identity, user names …) in one message view. */
export const FACTS_MAX = 64;
/** Problems (oddities) in one message view. */
export const VIEW_PROBLEMS_MAX = 32;
/** Requests of one conversation waiting for their reply; the cap itself is an event. */
export const OPEN_REQUESTS_MAX = 256;
/** Distinct textual names (tags, topics, node ids, items) interned; further ones share one overflow symbol, counted. */
export const SYMBOLS_MAX = 1_048_576;
/** All interned names together; names of the longest kind would otherwise take a gigabyte. [bytes] */
export const SYMBOLS_BYTES_MAX = 64 * 1024 * 1024;
/** Longest name interned; longer ones are cut. [bytes] */
export const SYMBOL_BYTES_MAX = 1_024;

/** DNP3 application messages being put together at once in one conversation. */
export const DNP3_ASSEMBLIES_MAX = 16;
/** Object headers of one DNP3 fragment listed; a poll of every group has some dozens, further ones are decoded all the same. */
export const DNP3_HEADERS_MAX = 256;
/** Longest DNP3 application fragment put together; devices announce at most this much. [bytes] */
export const DNP3_FRAGMENT_BYTES_MAX = 16 * 1024;
/** Transport data unit put together from COTP parts, per direction; no S7 or MMS PDU is negotiated larger. [bytes] */
export const COTP_TSDU_BYTES_MAX = 64 * 1024;
/** Items (areas and offsets) of S7 reads and writes waiting for their reply in one conversation; an item costs 24 bytes. */
export const S7_ITEMS_OPEN_MAX = 4_096;
/** S7 system status list put together from parts; CPUs answer with at most some tens of kilobytes. [bytes] */
export const S7_SZL_BYTES_MAX = 64 * 1024;
/** Items of one repeated S7 job (userdata 2/1, 2/5, 1/2) remembered for its pushes; job numbers have one byte, so 512 jobs. */
export const S7_CYCLIC_ITEMS_MAX = 256;
/** Block transfers (upload, download) followed at once in one S7 conversation; CPUs allow one or two. */
export const S7_TRANSFERS_MAX = 8;
/** S7-plus message put together from fragments, per direction; larger ones keep their beginning and their length. [bytes] */
export const S7PLUS_MESSAGE_BYTES_MAX = 256 * 1024;
/** Values read from one S7-plus message; nested structures count each element. */
export const S7PLUS_VALUES_MAX = 4_096;
/** Depth of nested S7-plus structures and objects. */
export const S7PLUS_DEPTH_MAX = 16;

/** CIP requests, embedded services and attributes waiting for their reply in one conversation; an item costs 80 bytes. */
export const CIP_ITEMS_OPEN_MAX = 4_096;
/** CIP connections of one EtherNet/IP conversation (class 3); the least recently opened is forgotten and counted. */
export const CIP_CONNECTIONS_MAX = 64;
/** CIP I/O connections known to one worker, so that implicit messages can be named; the oldest is forgotten and counted. */
export const CIP_IO_CONNECTIONS_MAX = 4_096;
/** CIP containers (Unconnected Send, Multiple Service Packet) inside one another; real traffic has two. */
export const CIP_DEPTH_MAX = 4;
/** Elements of one CIP array that are points of their own; a larger array is one range. */
export const CIP_ARRAY_ELEMENTS_NAMED_MAX = 256;
/** CIP arrays whose element names one conversation has at hand; forgotten ones are made again. */
export const CIP_ARRAYS_NAMED_MAX = 1_024;
/** Largest MQTT packet held whole; of larger ones (firmware, pictures) the head is decoded and the rest passed over. [bytes] */
export const MQTT_PACKET_BYTES_MAX = 192 * 1024;
/** Topic aliases of one direction of an MQTT 5 connection; brokers grant ten to some hundreds. */
export const MQTT_TOPIC_ALIASES_MAX = 1_024;
/** Numbers and booleans taken from one JSON payload; the rest is counted as a problem. */
export const MQTT_JSON_VALUES_MAX = 512;
/** Depth of nested JSON followed; deeper documents are text. */
export const MQTT_JSON_DEPTH_MAX = 16;
/** Longest payload shown as text. [bytes] */
export const MQTT_TEXT_BYTES_MAX = 1_024;
/** Sparkplug edge nodes whose births and sequence numbers are followed in one connection. */
export const SPARKPLUG_NODES_MAX = 1_024;
/** Sparkplug metric types and aliases remembered in one connection; a host sees those of all its nodes. */
export const SPARKPLUG_METRICS_MAX = 65_536;
/** Depth of nested Sparkplug templates. */
export const SPARKPLUG_DEPTH_MAX = 4;
/** Depth of elements of indefinite length inside one another in BER; real traffic has six. */
export const BER_INDEFINITE_DEPTH_MAX = 12;
/** Depth of nested structures and arrays in MMS and GOOSE data; devices announce five to ten. */
export const DATA_DEPTH_MAX = 16;
/** Names of components of structures and data sets at hand in one MMS or GOOSE conversation; forgotten ones are made again. */
export const COMPONENT_NAMES_MAX = 8_192;
/** GOOSE control blocks or sampled value streams of one conversation (one source, one target) followed at once; one is usual. */
export const PUBLISHED_STREAMS_MAX = 256;
/** Items of MMS reads and writes waiting for their reply in one conversation; an item costs four bytes. */
export const MMS_ITEMS_OPEN_MAX = 8_192;
/** Named variable lists of one MMS conversation whose members are known; the oldest is forgotten. */
export const MMS_LISTS_MAX = 256;
/** Members remembered of one named variable list; longer lists keep their first ones by name. */
export const MMS_LIST_MEMBERS_MAX = 1_024;
/** OPC UA message put together from chunks, per direction; of larger ones the beginning is decoded. [bytes] */
export const OPCUA_MESSAGE_BYTES_MAX = 1024 * 1024;
/** Depth of nested OPC UA values and diagnostics. */
export const OPCUA_DEPTH_MAX = 16;
/** Nodes of OPC UA reads waiting for their reply in one connection; a node costs 8 bytes. */
export const OPCUA_ITEMS_OPEN_MAX = 16_384;
/** Monitored items of one OPC UA connection whose nodes are remembered. */
export const OPCUA_MONITORED_ITEMS_MAX = 65_536;
/** Subscriptions of one OPC UA connection. */
export const OPCUA_SUBSCRIPTIONS_MAX = 1_024;
/** BACnet APDUs being put together from segments at once in one conversation; each direction has one as a rule. */
export const BACNET_ASSEMBLIES_MAX = 4;
/** BACnet APDU put together from segments; the largest is 65 segments of 1,476 bytes in practice. [bytes] */
export const BACNET_APDU_BYTES_MAX = 96 * 1024;
/** Blocks of one PROFINET DCP frame listed, those that a device only names included; further ones are decoded all the same. */
export const PROFINET_DCP_BLOCKS_MAX = 64;
/** Arguments of a PROFINET call put together from RPC fragments, per direction; records have at most 64 kilobytes. [bytes] */
export const PROFINET_CALL_BYTES_MAX = 128 * 1024;
/** PROFINET calls of one worker waiting for their answer, which may come in another conversation. */
export const PROFINET_CALLS_OPEN_MAX = 1_024;

// Observe
/** Points whose value and statistics are kept. */
export const POINTS_MAX = 2_000_000;
/** Assets kept. */
export const ASSETS_MAX = 100_000;
/** Conversations (client, server, protocol) kept with their functions. */
export const CONVERSATIONS_MAX = 200_000;
/** Areas (device, unit, area) whose points can become tags. */
export const POINT_AREAS_MAX = 100_000;
/** Rows of a polled block kept to find out what its registers are. */
export const INFERENCE_ROWS_MAX = 200;
/** Registers times rows held over all blocks while types are being found; 64 MB. Blocks beyond it are counted and stay unnamed. */
export const INFERENCE_WORDS_MAX = 32 * 1024 * 1024;
/** Distinct polled blocks whose types are looked for; a sweep over ranges must not grow memory. */
export const INFERENCE_BLOCKS_MAX = 50_000;
/** Writes listed one by one in an inspection; all are counted. More than a person reads, at half a kilobyte each. */
export const WRITES_LISTED_MAX = 20_000;
/** Areas (device, unit, kind of address) that points lie in; hostile unit numbers must not grow memory. */
export const POINT_SPACES_MAX = 100_000;
/** Elements of one access taken into points; the largest Modbus read has 2,000, the rest of a longer one is counted. */
export const ACCESS_POINTS_MAX = 2_048;
/** Polled ranges whose last answer is kept; points of further ones are compared one by one. */
export const POINT_RUNS_MAX = 500_000;
/** Last answers of polled ranges, and their points where these have no consecutive numbers. [bytes] */
export const POINT_RUN_BYTES_MAX = 64 * 1024 * 1024;
/** Values shown of one listed write. */
export const WRITE_VALUES_MAX = 16;
/** Writers remembered per point. */
export const POINT_WRITERS_MAX = 8;
/** Devices followed behind one address: Modbus has 256 units, DNP3 65,536 addresses of which few are real. */
export const UNITS_PER_ASSET_MAX = 1_024;
/** MAC or IP addresses kept on one asset; a MAC with more is a router. */
export const ADDRESSES_PER_ASSET_MAX = 64;
/** Kinds of fact (vendor, model, user …) kept per asset. */
export const FACTS_PER_ASSET_MAX = 64;
/** Longest text of one fact. [characters] */
export const FACT_CHARACTERS_MAX = 512;
/** Different functions counted apart in one conversation; further ones are counted together. */
export const FUNCTIONS_PER_CONVERSATION_MAX = 512;
/** Ranges of points told apart in one conversation; later ones are counted, not told. */
export const RANGES_PER_CONVERSATION_MAX = 8_192;
/** Requests other than reads waiting for their outcome in one conversation. */
export const OPERATIONS_OPEN_MAX = 256;
/** New connections waiting to show whether they are answered; beyond it a flood is counted, not told one by one. */
export const CONNECTIONS_PENDING_MAX = 65_536;
/** Kinds of oddity told apart in one conversation. */
export const ODDITIES_PER_CONVERSATION_MAX = 64;

// Telemetry tables
/** Longest line of a table; beyond it the file is no table. [characters] */
export const LINE_CHARACTERS_MAX = 4 * 1024 * 1024;
/** Columns of one table. */
export const TABLE_COLUMNS_MAX = 10_000;
/** Values of one table held in memory (8 bytes each); beyond it reading stops and says so. */
export const TABLE_VALUES_MAX = 250_000_000;

// Understand
/** Findings kept in memory per incident; later ones are counted on it. */
export const INCIDENT_FINDINGS_MAX = 200;
/** Incidents open at once in memory; beyond it new findings join the nearest one and say so. */
export const INCIDENTS_OPEN_MAX = 1_000;
/** Closed incidents kept in memory so that a finding still standing does not open its incident again. */
export const INCIDENTS_CLOSED_MAX = 1_000;
/** Tags whose writes are followed in one incident; each costs a few numbers. */
export const INCIDENT_TRAILS_MAX = 200;
/** Notes (merges, work windows, what people did) on one incident's timeline. */
export const INCIDENT_NOTES_MAX = 100;
/** Findings that open no incident alone, kept until something they belong to happens; the oldest is forgotten. */
export const LOOSE_FINDINGS_MAX = 2_000;
/** Incidents opened within ten minutes before further ones are grouped; EEMUA 191 calls more than ten in ten minutes a flood. */
export const INCIDENTS_PER_TEN_MINUTES_MAX = 10;
/** Actors remembered as new to the plant; a scan with forged addresses must not grow memory. */
export const NEWCOMERS_MAX = 10_000;
/** Ways between two tags remembered while joining; found again when forgotten. */
export const TAG_LINKS_MAX = 20_000;
/** Findings remembered by id and content so that a restart or a replay does not count one twice; the oldest is forgotten. */
export const FINDING_KEYS_MAX = 50_000;
/** Longest time an incident may be shelved: ISA-18.2 wants an end, a day sees every shift. [minutes] */
export const SHELVE_MINUTES_MAX = 1_440;
/** Operating states of one unit with a baseline of their own; further ones share the last and are `cannot judge`. */
export const STATES_MAX = 16;
/** Rows of normal kept while a joint model is learned; with a longer learning time rows are further apart. */
export const LEARN_ROWS_MAX = 20_000;
/** Tags of one joint model; it costs their square. Further tags of a unit are judged one by one. */
export const JOINT_TAGS_MAX = 110;
/** Rows a twin may lag; bounds the delay line. */
export const TWIN_LAG_ROWS_MAX = 1_024;
/** Deviations standing at once in the process detectors; further ones are counted. */
export const EPISODES_OPEN_MAX = 10_000;
/** Tags with live detectors. */
export const TAGS_MAX = 100_000;
/** Number ranges of one area kept per learned conversation; beyond it the nearest two become one. */
export const BASELINE_RANGES_MAX = 256;
/** Named points (node ids, topics, items) of one area kept per learned conversation; beyond it names make no news there. */
export const BASELINE_NAMES_MAX = 4_096;
/** Functions kept per learned conversation; no protocol here has more. */
export const BASELINE_FUNCTIONS_MAX = 512;
/** Written points kept per learned conversation. */
export const BASELINE_WRITES_MAX = 2_048;
/** Written points kept over all learned conversations. */
export const BASELINE_WRITES_TOTAL_MAX = 200_000;
/** Sliding windows of network detection (per client or conversation) at once; the least recently used is forgotten. */
export const NETWORK_WINDOWS_MAX = 10_000;
/** Entries of one sliding window; far above every threshold. */
export const NETWORK_WINDOW_ENTRIES_MAX = 64;
/** Written points whose pace is followed; the oldest is forgotten. */
export const NETWORK_PACES_MAX = 100_000;
/** Values of one message judged one by one; further ones are counted on the finding. */
export const NETWORK_WRITES_JUDGED_MAX = 256;
/** Network findings remembered so that none is said twice; the least recently used is forgotten. */
export const NETWORK_SAYINGS_MAX = 20_000;
/** Operations waiting for their outcome in network detection. */
export const NETWORK_OPERATIONS_OPEN_MAX = 4_096;
/** Pauses of polling waiting to become long enough to tell. */
export const NETWORK_WAITING_MAX = 20_000;
/** Exceptions from judgements standing at once; every one expires. */
export const EXCEPTIONS_MAX = 1_000;
/** Work windows open at once. */
export const WORK_WINDOWS_MAX = 100;
/** Things told as still appearing for the first time; more are counted. */
export const UNSTABLE_LISTED_MAX = 100;
/** Items a person is asked to confirm after learning; a larger number nobody reads. */
export const PENDING_ITEMS_MAX = 30;
/** Longest baseline file read; a fleet site needs a tenth. [bytes] */
export const BASELINE_BYTES_MAX = 64 * 1024 * 1024;
/** Steps of commands whose effect is waited for at once; further ones are counted as not judged. */
export const EFFECTS_PENDING_MAX = 10_000;
/** Characters of one expression of a site file; also bounds the depth of its tree. */
export const EXPRESSION_CHARACTERS_MAX = 1_000;
/** Size of a site file; 100,000 tags fit. [characters] */
export const SITE_CHARACTERS_MAX = 32 * 1024 * 1024;
/** Mistakes of a site file told at once; more only hide the first. */
export const SITE_ERRORS_MAX = 50;
/** Addresses whose zone is remembered; the memory is emptied when full. */
export const ZONE_CACHE_MAX = 65_536;

// Enforce and keep
/** Frames a conduit may have queued for the engine; beyond it they are dropped and counted, never waited for. [bytes] */
export const CONDUIT_QUEUE_BYTES_MAX = 8 * 1024 * 1024;
/** Connections through one conduit listener at once. */
export const CONDUIT_CONNECTIONS_MAX = 1_024;
/** Longest time the beginning of a message is held back for its end where nothing is decided; then it goes on as it is. [ms] */
export const CONDUIT_HOLD_MS_MAX = 20;
/** Longest wait for a device to take a connection before the client is told that there is none. [ms] */
export const CONDUIT_CONNECT_MS_MAX = 5_000;
/** Clients whose sources in a policy are remembered; found again when forgotten. */
export const POLICY_CLIENTS_MAX = 4_096;
/** Areas (device, unit, kind of address) whose tags an enforcer has at hand; further ones are looked up by name. */
export const TAG_AREAS_KNOWN_MAX = 10_000;
/** Changes of one tag remembered for step limits; older ones are joined, so a range only gets wider. */
export const RANGE_ENTRIES_MAX = 64;
/** Requests counted for one rate limit of one client; a larger limit counts as this. */
export const COUNTED_REQUESTS_MAX = 1_024;
/** Functions and rates remembered per client and device in an enforcer; the oldest is forgotten. */
export const SAID_FUNCTIONS_MAX = 10_000;
/** Grants (approved repeats) standing at once; every one expires. */
export const GRANTS_MAX = 100;
/** Clients and devices whose learned read rate an enforcer knows, and watchdog points. */
export const READERS_MAX = 10_000;
/** Bytes of a denied message kept in the ledger; the largest Modbus and S7 messages fit whole. [bytes] */
export const LEDGER_FRAME_BYTES_MAX = 1_024;
/** Ledger entries written in one second; equal ones are counted on the first, further different ones are only counted. */
export const LEDGER_ENTRIES_PER_SECOND_MAX = 200;
/** Different denials whose repeats are counted at once. */
export const LEDGER_OPEN_MAX = 1_000;
/** Size of one ledger file before the next is begun. [bytes] */
export const LEDGER_FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Ledger entries kept in memory while the disk takes none; older ones are given up and counted. */
export const LEDGER_WAITING_MAX = 10_000;
/** Temporary actions remembered against their budget; each counts a day. */
export const BUDGET_ACTIONS_MAX = 1_000;
/** Kinds of denial listed by a replay; further ones are counted. */
export const REPLAY_ROWS_MAX = 10_000;
/** Conduits whose decisions are counted apart; pairs of zones that no conduit is declared for count too. */
export const DOORS_COUNTED_MAX = 1_000;
/** What the service keeps unless told otherwise: samples and records by age [days of plant time], everything by size [bytes]. */
export const RETENTION_DEFAULT = { samplesDays: 90, recordsDays: 365, bytesMax: 20 * 1024 ** 3 } as const;
/** Records waiting for the store; beyond it the oldest samples are dropped and counted. */
export const STORE_QUEUE_MAX = 200_000;
/** Longest time between a record and its commit; what a kill -9 may cost. [ms] */
export const STORE_COMMIT_MS = 500;
/** Records, audit entries and snapshots waiting for the store; beyond it the oldest records are dropped and counted. Audit entries get as much again, then their acts are refused. */
export const STORE_RECORD_QUEUE_MAX = 20_000;
/** Samples held in memory before they are encoded into blocks; beyond it blocks are closed early. About 20 bytes each. */
export const STORE_OPEN_SAMPLES_MAX = 4_000_000;
/** Sample files (one a plant day) held open; each may hold its page cache. */
export const STORE_DAY_FILES_OPEN_MAX = 8;
/** Samples of one answer; a day at ten a second. */
export const STORE_SAMPLES_READ_MAX = 1_000_000;
/** Records of one answer; exports page through. */
export const STORE_LIST_ROWS_MAX = 10_000;
/** Largest engine snapshot kept. [bytes] */
export const STORE_SNAPSHOT_BYTES_MAX = 256 * 1024 * 1024;
/** Records waiting for one subscriber of the bus; beyond it the oldest are dropped and counted. */
export const BUS_BACKLOG_MAX = 10_000;
/** Subscriptions on one bus; each publish looks at all. */
export const BUS_SUBSCRIPTIONS_MAX = 1_000;
/** Segments of the capture ring; each is one file, removed whole when the ring is full. */
export const RING_SEGMENTS = 16;
/** Frames of one evidence slice; a hundred megabytes of ordinary frames. */
export const RING_SLICE_FRAMES_MAX = 100_000;
/** Size of one evidence slice. [bytes] */
export const RING_SLICE_BYTES_MAX = 32 * 1024 * 1024;
/** Subscribers to live updates. */
export const EVENT_SUBSCRIBERS_MAX = 200;
/** Undelivered live updates per subscriber before it is disconnected (it reconnects and reloads). */
export const EVENT_BACKLOG_MAX = 1_000;

// Show
/** Conversations whose recent traffic is drawn; further ones show only their writes. */
export const TRAFFIC_CONVERSATIONS_MAX = 5_000;
/** Largest body of an API request; forms and comments are small. [bytes] */
export const API_BODY_BYTES_MAX = 64 * 1024;
/** Rows of one page of a list. */
export const API_PAGE_ROWS_MAX = 500;
/** Points of one trend; more than the widest wall has pixels to show. */
export const TREND_BUCKETS_MAX = 4_000;
/** Tags in one request for trends. */
export const TREND_TAGS_MAX = 32;
/** Longest comment or reason a person gives. [characters] */
export const COMMENT_CHARACTERS_MAX = 2_000;
/** User accounts. */
export const USERS_MAX = 1_000;
/** Names and addresses whose failed sign-ins are remembered; the oldest is forgotten first. */
export const SIGN_IN_FAILURES_MAX = 10_000;
/** Sign-ins waiting out their delay at once; beyond it the answer is `TOO_MANY`. */
export const SIGN_IN_WAITING_MAX = 32;
/** The same from one address, so that one machine cannot take all the places. */
export const SIGN_IN_WAITING_PER_ADDRESS_MAX = 4;
/** Sessions of one user at once; the oldest ends first. */
export const SESSIONS_PER_USER_MAX = 20;
/** Passwords being hashed at once: each takes 32 MiB and a thread that files are read with too. */
export const PASSWORD_HASHES_MAX = 2;
/** Connections to the API at once: a few per browser, beside the event streams. */
export const API_CONNECTIONS_MAX = 2_000;
