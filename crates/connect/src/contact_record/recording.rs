//! Recordings and transcripts of a contact.

use jiff::Timestamp;

use crate::node::Node;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where a recording is kept.
    StorageType {
        /// In an S3 bucket. The data model page writes `Amazon S3`, real records `S3`.
        S3 = "S3" | "AMAZON S3",
        /// In a Kinesis video stream; the location is the stream's ARN.
        KinesisVideoStream = "KINESIS_VIDEO_STREAM",
    }
}

vocabulary! {
    /// Whether a recording is still there.
    RecordingStatus {
        /// It is.
        Available = "AVAILABLE",
        /// It was deleted.
        Deleted = "DELETED",
    }
}

/// One recording or transcript. A contact has at most two: one of the automated part, one with the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// `<bucket>/<key>` for S3, the stream's ARN for a video stream.
    pub location: Option<String>,
    /// Where it is kept.
    pub storage_type: Option<StorageType>,
    /// `AUDIO`, `VIDEO` or `CHAT`, as Connect wrote it.
    pub media_stream_type: Option<String>,
    /// Who is heard: `All`, `Agent`, `Customer`, …, in practice also `IVR`, as Connect wrote it.
    pub participant_type: Option<String>,
    /// Whether it is still there.
    pub status: Option<RecordingStatus>,
    /// Where it starts in a video stream.
    pub fragment_start: Option<String>,
    /// Where it stops in a video stream.
    pub fragment_stop: Option<String>,
    /// When it starts.
    pub started_at: Option<Timestamp>,
    /// When it stops.
    pub stopped_at: Option<Timestamp>,
}

impl Recording {
    /// Bucket and key of a recording kept in S3.
    ///
    /// The key, not the contact id, names the file: AWS does not promise that the two match.
    #[must_use]
    pub fn s3_object(&self) -> Option<(&str, &str)> {
        if self.storage_type != Some(StorageType::S3) {
            return None;
        }
        let (bucket, key) = self.location.as_deref()?.split_once('/')?;
        (!bucket.is_empty() && !key.is_empty()).then_some((bucket, key))
    }

    /// `Recordings` is the list; the older `Recording` holds one of them again, or the only one.
    pub(super) fn read_all(record: &Node<'_>) -> Vec<Self> {
        // Neither a place nor a state: a placeholder.
        let real = |recording: &Self| recording.location.is_some() || recording.status.is_some();
        let read =
            |name: &str| -> Vec<Self> { record.nodes(name).iter().map(Self::read).filter(real).collect() };
        let mut recordings = read("Recordings");
        for older in read("Recording") {
            if !recordings.iter().any(|known| known.location == older.location) {
                recordings.push(older);
            }
        }
        recordings
    }

    fn read(node: &Node<'_>) -> Self {
        Self {
            location: node.optional("Location"),
            storage_type: node.optional("StorageType"),
            // The older `Recording` object calls it `Type`.
            media_stream_type: node.optional("MediaStreamType").or_else(|| node.optional("Type")),
            participant_type: node.optional("ParticipantType"),
            status: node.optional("Status"),
            fragment_start: node.optional("FragmentStartNumber"),
            fragment_stop: node.optional("FragmentStopNumber"),
            started_at: node.time("StartTimestamp"),
            stopped_at: node.time("StopTimestamp"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::node::Notes;

    fn read(document: &Value) -> Vec<Recording> {
        let notes = Notes::default();
        Recording::read_all(&Node::root(document, &notes).unwrap())
    }

    #[test]
    fn the_older_field_adds_nothing_that_the_list_has() {
        let list = json!({"Location": "bucket/a.wav", "StorageType": "S3", "MediaStreamType": "AUDIO", "Status": "AVAILABLE"});
        let old = json!({"Location": "bucket/a.wav", "Type": "AUDIO", "Status": "AVAILABLE"});
        assert_eq!(
            read(&json!({"Recordings": [list, null], "Recording": old})).len(),
            1
        );
        let alone = read(&json!({"Recordings": null, "Recording": old}));
        assert_eq!(alone[0].media_stream_type.as_deref(), Some("AUDIO"));
        assert!(read(&json!({"Recording": {"Location": null, "Status": null}})).is_empty());
    }

    #[test]
    fn only_s3_locations_are_objects_and_split_at_the_first_slash() {
        let record = json!({"Recordings": [
            {"Location": "bucket/connect/CallRecordings/a_20260601T10:00_UTC.wav", "StorageType": "Amazon S3"},
            {"Location": "arn:aws:kinesisvideo:eu-west-2:111122223333:stream/s/1", "StorageType": "KINESIS_VIDEO_STREAM"},
            {"Location": "/key", "StorageType": "S3"},
        ]});
        let objects: Vec<_> = read(&record)
            .iter()
            .map(|recording| recording.s3_object().is_some())
            .collect();
        assert_eq!(objects, [true, false, false]);
        assert_eq!(
            read(&record)[0].s3_object().unwrap().1,
            "connect/CallRecordings/a_20260601T10:00_UTC.wav"
        );
    }
}
