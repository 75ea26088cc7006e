//! What enhanced scans (Amazon Inspector) find.

use aws_sdk_ecr::types as aws;
use imageservice_proto::ecr::v1;

use super::{scans::severity, timestamp};

pub(super) fn finding(finding: aws::EnhancedImageScanFinding) -> v1::EnhancedFinding {
    let (raw_severity, raw_status) =
        (finding.severity.unwrap_or_default(), finding.status.unwrap_or_default());
    let vulnerability = finding.package_vulnerability_details.map(vulnerability);
    v1::EnhancedFinding {
        aws_account_id: finding.aws_account_id.unwrap_or_default(),
        description: finding.description.unwrap_or_default(),
        finding_arn: finding.finding_arn.unwrap_or_default(),
        first_observed_at: finding.first_observed_at.map(timestamp),
        last_observed_at: finding.last_observed_at.map(timestamp),
        vulnerability_id: vulnerability
            .as_ref()
            .map(|details| details.vulnerability_id.clone())
            .unwrap_or_default(),
        package_vulnerability_details: vulnerability,
        remediation: finding.remediation.map(remediation),
        resources: finding.resources.unwrap_or_default().into_iter().map(resource).collect(),
        score: finding.score,
        score_details: finding
            .score_details
            .map(|details| v1::ScoreDetails { cvss: details.cvss.map(score) }),
        severity: severity(&raw_severity).into(),
        status: status(&raw_status).into(),
        title: finding.title.unwrap_or_default(),
        r#type: finding.r#type.unwrap_or_default(),
        updated_at: finding.updated_at.map(timestamp),
        fix_available: finding.fix_available.unwrap_or_default(),
        exploit_available: finding.exploit_available.unwrap_or_default(),
        raw_severity,
        raw_status,
    }
}

fn status(raw: &str) -> v1::FindingStatus {
    match raw {
        "" => v1::FindingStatus::Unspecified,
        "ACTIVE" => v1::FindingStatus::Active,
        "SUPPRESSED" => v1::FindingStatus::Suppressed,
        "CLOSED" => v1::FindingStatus::Closed,
        _ => v1::FindingStatus::Unknown,
    }
}

fn vulnerability(details: aws::PackageVulnerabilityDetails) -> v1::PackageVulnerability {
    v1::PackageVulnerability {
        vulnerability_id: details.vulnerability_id.unwrap_or_default(),
        source: details.source.unwrap_or_default(),
        source_url: details.source_url.unwrap_or_default(),
        vendor_created_at: details.vendor_created_at.map(timestamp),
        vendor_updated_at: details.vendor_updated_at.map(timestamp),
        vendor_severity: details.vendor_severity.unwrap_or_default(),
        cvss: details.cvss.unwrap_or_default().into_iter().map(cvss).collect(),
        reference_urls: details.reference_urls.unwrap_or_default(),
        related_vulnerabilities: details.related_vulnerabilities.unwrap_or_default(),
        vulnerable_packages: details
            .vulnerable_packages
            .unwrap_or_default()
            .into_iter()
            .map(package)
            .collect(),
    }
}

fn cvss(score: aws::CvssScore) -> v1::CvssScore {
    v1::CvssScore {
        base_score: score.base_score,
        scoring_vector: score.scoring_vector.unwrap_or_default(),
        source: score.source.unwrap_or_default(),
        version: score.version.unwrap_or_default(),
    }
}

fn package(package: aws::VulnerablePackage) -> v1::VulnerablePackage {
    v1::VulnerablePackage {
        name: package.name.unwrap_or_default(),
        version: package.version.unwrap_or_default(),
        release: package.release.unwrap_or_default(),
        epoch: package.epoch,
        arch: package.arch.unwrap_or_default(),
        package_manager: package.package_manager.unwrap_or_default(),
        file_path: package.file_path.unwrap_or_default(),
        source_layer_hash: package.source_layer_hash.unwrap_or_default(),
        fixed_in_version: package.fixed_in_version.unwrap_or_default(),
    }
}

fn remediation(remediation: aws::Remediation) -> v1::Remediation {
    v1::Remediation {
        recommendation: remediation.recommendation.map(|recommendation| v1::Recommendation {
            text: recommendation.text.unwrap_or_default(),
            url: recommendation.url.unwrap_or_default(),
        }),
    }
}

fn resource(resource: aws::Resource) -> v1::Resource {
    v1::Resource {
        r#type: resource.r#type.unwrap_or_default(),
        id: resource.id.unwrap_or_default(),
        tags: resource.tags.unwrap_or_default(),
        container_image: resource
            .details
            .and_then(|details| details.aws_ecr_container_image)
            .map(container_image),
    }
}

fn container_image(image: aws::AwsEcrContainerImageDetails) -> v1::ContainerImageDetails {
    v1::ContainerImageDetails {
        architecture: image.architecture.unwrap_or_default(),
        author: image.author.unwrap_or_default(),
        image_hash: image.image_hash.unwrap_or_default(),
        image_tags: image.image_tags.unwrap_or_default(),
        platform: image.platform.unwrap_or_default(),
        pushed_at: image.pushed_at.map(timestamp),
        registry: image.registry.unwrap_or_default(),
        repository_name: image.repository_name.unwrap_or_default(),
        last_in_use_at: image.last_in_use_at.map(timestamp),
        in_use_count: image.in_use_count,
    }
}

fn score(details: aws::CvssScoreDetails) -> v1::CvssScoreDetails {
    let adjustments = details.adjustments.unwrap_or_default().into_iter();
    v1::CvssScoreDetails {
        score: details.score,
        score_source: details.score_source.unwrap_or_default(),
        scoring_vector: details.scoring_vector.unwrap_or_default(),
        version: details.version.unwrap_or_default(),
        adjustments: adjustments
            .map(|adjustment| v1::CvssScoreAdjustment {
                metric: adjustment.metric.unwrap_or_default(),
                reason: adjustment.reason.unwrap_or_default(),
            })
            .collect(),
    }
}
